// Request bodies: read up to a limit whatever the headers say, as strict UTF-8 and JSON.
import type { JsonValue } from "../protocol/json.ts";
import { Problem } from "../protocol/problem.ts";
import { parseJson } from "./json_text.ts";
import type { ServerLimits } from "./limits.ts";

/** The JSON value of a body; undefined when there is none. Rejects with Problems `payload_too_large`, `bad_request`. */
export async function readJsonBody(request: Request, limits: ServerLimits): Promise<JsonValue | undefined> {
  const bytes = await readBytes(request, limits);
  if (bytes.length === 0) return undefined;
  const parsed = parseJson(decode(bytes), limits.jsonDepthMax);
  if (!parsed.ok) throw new Problem("bad_request", `Cannot read the body as JSON: ${parsed.error}`);
  return parsed.value;
}

async function readBytes(request: Request, limits: ServerLimits): Promise<Uint8Array> {
  const header = request.headers.get("content-length");
  const announced = header === null ? null : Number(header);
  if (announced !== null && announced > limits.bodyBytesMax) throw tooLarge(limits);
  if (request.body === null) return new Uint8Array();
  const { promise: late, reject: giveUp } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      giveUp(new Problem("bad_request", `Cannot read the body: not complete after ${limits.bodyReadMs} ms`)),
    limits.bodyReadMs,
  );
  try {
    // A body of known length is read at once: read by a stream, each takes a buffer of 64 KB from the native heap.
    if (announced !== null) return new Uint8Array(await Promise.race([request.arrayBuffer(), late]));
    return await readStream(request.body.getReader(), { late, limits });
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw new Problem("bad_request", "Cannot read the body: the connection ended before it was complete", {
      cause: thrown,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { late, limits }: { late: Promise<never>; limits: ServerLimits },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return join(chunks, total);
      total += value.length;
      if (total > limits.bodyBytesMax) throw tooLarge(limits);
      chunks.push(value);
    }
  } catch (thrown) {
    reader.cancel().catch(() => {});
    throw thrown;
  }
}

function join(chunks: Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("bad_request", "Cannot read the body: it is not valid UTF-8");
  }
}

function tooLarge(limits: ServerLimits): Problem {
  return new Problem(
    "payload_too_large",
    `Cannot read the body: it is larger than ${limits.bodyBytesMax} bytes`,
    { hint: "Save a long text as a file and ask the agent to read that" },
  );
}
