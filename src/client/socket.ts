// One WebSocket to a session, read as a bounded stream of checked frames. It ends when the socket ends; it never reconnects.
import { type ServerFrame, serverFrame } from "../protocol/frames.ts";
import type { Connection } from "./connection.ts";

export interface SocketStream {
  /** Ends at the close of the socket, after every frame that had arrived; can be read once. */
  frames: AsyncGenerator<ServerFrame>;
  close(): void;
}

/** Above this the socket is closed: the reader catches up from the log in its own time, so memory stays bounded. */
const queuedFramesMax = 10_000;
const openWaitMs = 10_000;

/** Opens `path` (with its query) on the daemon. A refused handshake is a stream without frames. */
export function openSocket(connection: Connection, path: string, signal?: AbortSignal): SocketStream {
  const queue: ServerFrame[] = [];
  let open = true;
  let wake = () => {};
  // The token goes into the subprotocol list: the one place that every WebSocket client can set.
  const socket = new WebSocket(connection.url.replace(/^http/, "ws") + path, [
    "jamey.v1",
    `jamey.bearer.${connection.token}`,
  ]);
  const limit = setTimeout(end, openWaitMs);

  socket.onopen = () => clearTimeout(limit);
  socket.onmessage = (message) => {
    const frame = parseFrame(message.data);
    if (frame === undefined || !open) return;
    queue.push(frame);
    if (queue.length > queuedFramesMax) end();
    wake();
  };
  socket.onerror = (event) => event.preventDefault();
  socket.onclose = end;
  signal?.addEventListener("abort", end);

  function end(): void {
    if (!open) return;
    open = false;
    clearTimeout(limit);
    signal?.removeEventListener("abort", end);
    if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING) socket.close();
    wake();
  }

  async function* read(): AsyncGenerator<ServerFrame> {
    if (signal?.aborted) end();
    while (true) {
      const batch = queue.splice(0, queue.length);
      yield* batch;
      if (queue.length > 0) continue;
      if (!open) return;
      await new Promise<void>((resolve) => wake = resolve);
    }
  }
  return { frames: read(), close: end };
}

/** Undefined for anything that is no frame of this version: a hole in the events shows by its number. */
function parseFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return serverFrame.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
