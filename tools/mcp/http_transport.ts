// An MCP transport over HTTP: the SDK's own, within limits, and telling why it broke.
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import type { FetchLike, JSONRPCMessage, StreamableHTTPClientTransport } from "./sdk.ts";
import { type McpTransport, messageBytesMax } from "./stdio_transport.ts";

/** Of the stream for what the server says unasked, which may stay open for long. */
export const streamBytesMax = 256 * 1024 * 1024;
const goodbyeMs = 500;

type Transports = { StreamableHTTPClientTransport: typeof StreamableHTTPClientTransport };

/** Throws a Problem for an address that is none. */
export function httpTransport(
  { url, headers = {} }: { url: string; headers?: Record<string, string> | undefined },
  { StreamableHTTPClientTransport: SdkTransport }: Transports,
): McpTransport {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !["http:", "https:"].includes(address.protocol)) {
    throw new Problem("bad_config", `Cannot use address "${url}": it is not an http or https address`);
  }
  let reason = "";
  let ending: Promise<void> | null = null;
  const close = (why: string): Promise<void> => {
    reason ||= why;
    return ending ??= endTransport(inner);
  };
  const inner = new SdkTransport(address, {
    requestInit: { headers },
    fetch: boundedFetch((why) => void close(why)),
  });
  const transport: McpTransport = {
    start: () => {
      inner.onclose = () => transport.onclose?.();
      inner.onerror = (error) => transport.onerror?.(error);
      inner.onmessage = (message: JSONRPCMessage) => transport.onmessage?.(message);
      return inner.start();
    },
    send: (message) =>
      inner.send(message).catch((thrown) => {
        reason ||= messageOf(thrown).slice(0, 1_000);
        throw thrown;
      }),
    close: () => close("closed"),
    end: () => close("closed"),
    isOpen: () => ending === null,
    fault: () => reason,
    setProtocolVersion: (version) => inner.setProtocolVersion(version),
  };
  return transport;
}

/** The server may forget the session; whether it hears that is not waited for. */
async function endTransport(inner: StreamableHTTPClientTransport): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise((resolve) => timer = setTimeout(resolve, goodbyeMs));
  await Promise.race([inner.terminateSession().catch(() => {}), patience]);
  clearTimeout(timer);
  await inner.close().catch(() => {});
}

/** A fetch whose answers are bounded; an answer that breaks off, or is too long, ends the connection. */
function boundedFetch(onBroken: (why: string) => void): FetchLike {
  return async (address, init) => {
    const response = await fetch(address, init);
    if (response.body === null) return response;
    const bytesMax = init?.method === "GET" ? streamBytesMax : messageBytesMax;
    const body = bounded(response.body, bytesMax, (why) => {
      if (init?.signal?.aborted !== true && init?.method === "POST") onBroken(why);
    });
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

function bounded(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  onBroken: (why: string) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let isLetGo = false;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (isLetGo) return;
        if (done) return controller.close();
        bytes += value.length;
        if (bytes > bytesMax) throw new Error(`its answer has more than ${bytesMax} bytes`);
        controller.enqueue(value);
      } catch (thrown) {
        if (isLetGo) return;
        onBroken(messageOf(thrown));
        controller.error(thrown);
        await reader.cancel().catch(() => {});
      }
    },
    cancel: (why) => {
      isLetGo = true;
      return reader.cancel(why);
    },
  });
}
