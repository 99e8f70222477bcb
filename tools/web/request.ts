// One GET through the guarded door, without cookies or credentials, and its body with a maximum.
import { version } from "../../src/platform/version.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { openDoor } from "./guarded_door.ts";
import type { NetworkRules } from "./network_rules.ts";

export const bodyBytesMax = 5 * 1024 * 1024;
/** Above the body's maximum by what heads and TLS add. */
const wireBytesMax = bodyBytesMax + 512 * 1024;
export const userAgent = `jamey/${version}`;

/** What `fetch` asks for and unpacks. */
const decoded = ["", "identity", "gzip", "br"];

export interface Answer {
  status: number;
  header(name: string): string;
  /** The decompressed body, at most `bytesMax` of it. Once. */
  read(bytesMax: number): Promise<{ bytes: Uint8Array; cut: boolean }>;
  /** Lets go of the connection. */
  close(): void;
}

export interface RequestOptions {
  rules: NetworkRules;
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export async function request(url: URL, options: RequestOptions): Promise<Answer> {
  const door = openDoor({ rules: options.rules, bytesMax: wireBytesMax });
  const client = clientBehind(door.url);
  const close = () => {
    client.close();
    door.close();
  };
  try {
    const response = await fetch(url, {
      client,
      redirect: "manual",
      credentials: "omit",
      signal: options.signal,
      headers: {
        "user-agent": userAgent,
        accept:
          "text/html, text/markdown, text/plain, application/json, application/pdf, image/*;q=0.8, */*;q=0.5",
        ...options.headers,
      },
    });
    // What the door refused it answers itself, and that is no page.
    if (door.refusal() !== null) throw new Error("refused");
    const encoding = (response.headers.get("content-encoding") ?? "").toLowerCase();
    if (!decoded.includes(encoding)) throw new Error(`its answer is encoded as "${encoding.slice(0, 100)}"`);
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? "",
      read: (bytesMax) => readBody(response, { bytesMax, signal: options.signal }).finally(close),
      close,
    };
  } catch (thrown) {
    close();
    options.signal.throwIfAborted();
    throw door.refusal() ?? new Problem("unavailable", `Cannot reach "${url.host}": ${causeOf(thrown)}`);
  }
}

/**
 * A client that knows no way but the door. NO_PROXY would name hosts to reach around it, and is read only here, while
 * the client is made: so it is out of sight for that moment.
 */
function clientBehind(proxyUrl: string): Deno.HttpClient {
  const names = ["NO_PROXY", "no_proxy"];
  const saved = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  try {
    return Deno.createHttpClient({ proxy: { url: proxyUrl }, poolMaxIdlePerHost: 0 });
  } finally {
    for (const [name, value] of saved) if (value !== undefined) Deno.env.set(name, value);
  }
}

async function readBody(
  response: Response,
  { bytesMax, signal }: { bytesMax: number; signal: AbortSignal },
): Promise<{ bytes: Uint8Array; cut: boolean }> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      size += piece.length;
      if (size > bytesMax) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw new Problem(
      "unavailable",
      `Cannot read the answer: ${causeOf(thrown)} before it was whole, try again`,
    );
  }
  return { bytes: joined(pieces, Math.min(size, bytesMax)), cut: size > bytesMax };
}

/** The system's words stand at the end of a chain of causes. */
function causeOf(thrown: unknown): string {
  let inner = thrown;
  for (let depth = 0; depth < 8 && inner instanceof Error && inner.cause instanceof Error; depth++) {
    inner = inner.cause;
  }
  return messageOf(inner).slice(0, 300);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    const fitting = piece.subarray(0, size - at);
    bytes.set(fitting, at);
    at += fitting.length;
  }
  return bytes;
}
