// One WebSocket: sends history and live facts at the client's pace, deltas while it keeps up, and answers its commands.
// What waits in the socket is bounded; a client that takes nothing is closed and resumes by sequence.
import { pause } from "../../platform/pause.ts";
import type { DeltaFrame, NoticeFrame } from "../../protocol/frames.ts";
import { Problem } from "../../protocol/problem.ts";
import { toProblem } from "../errors.ts";
import { type Feed, openFeed } from "../feed.ts";
import type { Services } from "../route.ts";
import { createCommandReader } from "./commands.ts";
import { createDeltas } from "./deltas.ts";
import { closeCodes, createWire, type Wire } from "./wire.ts";

export interface SocketRequest {
  session: string;
  after: number;
  deltas: boolean;
  /** The program at the other end, as it names itself. */
  client: string | undefined;
  services: Services;
}

/** Serves the socket until it closes; `onClosed` is called once. */
export function runConnection(socket: WebSocket, options: SocketRequest & { onClosed: () => void }): void {
  const { stopping } = options.services;
  const wire = createWire(socket);
  const reader = createCommandReader({ wire, ...options });
  let feed: Feed | null = null;
  const stop = () => wire.close(closeCodes.goingAway, "the daemon is stopping");

  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    if (stopping.aborted) return stop();
    stopping.addEventListener("abort", stop);
    serve(wire, options, (opened) => feed = opened)
      .catch((thrown) => fail(wire, toProblem(thrown, options.services.report)))
      .finally(() => feed?.close());
  };
  socket.onmessage = (message) => reader.read(message.data);
  const finish = () => {
    stopping.removeEventListener("abort", stop);
    feed?.close();
    options.onClosed();
  };
  socket.onclose = finish;
  // An open socket closes after an error; one whose client left during the upgrade never does.
  socket.onerror = () => {
    if (socket.readyState === WebSocket.CONNECTING) finish();
  };
}

async function serve(wire: Wire, options: SocketRequest, onFeed: (feed: Feed) => void): Promise<void> {
  const { session, after, services } = options;
  const { host, limits } = services;
  const deltas = createDeltas(limits);
  let synced = false;
  let sentSeq = after;
  const sendDeltas = () => {
    if (!synced || wire.waiting() > limits.deltaBufferBytesMax) return;
    for (const frame of deltas.take(sentSeq)) wire.send(frame);
  };
  const onDelta = (frame: DeltaFrame) => {
    deltas.add(frame);
    sendDeltas();
  };
  const onNotice = (frame: NoticeFrame) => {
    // Who is behind has other things to read first.
    if (synced && wire.waiting() <= limits.deltaBufferBytesMax) wire.send(frame);
  };
  const feed = await openFeed({
    host,
    session,
    after,
    limits,
    onFact: deltas.note,
    ...(options.deltas ? { onDelta, onNotice } : {}),
  });
  onFeed(feed);
  wire.send({ type: "hello", session_id: session, head: feed.head, epoch: feed.epoch });
  if (after > feed.head) {
    throw new Problem("bad_request", `Cannot follow after ${after}: the session ends at ${feed.head}`);
  }

  while (wire.isOpen()) {
    const items = await feed.next();
    for (const { fact, encoded } of items) {
      if (!await drained(wire, limits)) return;
      wire.sendEncoded(encoded);
      sentSeq = fact.seq;
      deltas.note(fact);
    }
    if (!synced && sentSeq >= feed.head) {
      synced = true;
      wire.send({ type: "synced", seq: sentSeq });
    }
    sendDeltas();
    if (items.length > 0) continue;
    const reason = feed.ended();
    if (reason !== null) return wire.close(closeCodes.goingAway, reason);
    await feed.wait(deltas.pending() ? limits.bufferPollMs : limits.heartbeatMs);
  }
}

/** Waits while the socket is too full; false when it closed, of itself or for taking nothing. */
async function drained(
  wire: Wire,
  limits: { pushBufferBytesMax: number; deltaBufferBytesMax: number; bufferPollMs: number; stallMs: number },
): Promise<boolean> {
  if (wire.waiting() <= limits.pushBufferBytesMax) return wire.isOpen();
  let least = wire.waiting();
  let since = performance.now();
  while (wire.isOpen() && wire.waiting() > limits.deltaBufferBytesMax) {
    await pause(limits.bufferPollMs);
    if (wire.waiting() < least) {
      least = wire.waiting();
      since = performance.now();
    } else if (performance.now() - since > limits.stallMs) {
      wire.close(closeCodes.tooSlow, "too slow: resume by sequence");
    }
  }
  return wire.isOpen();
}

function fail(wire: Wire, problem: Problem): void {
  wire.send({ type: "error", code: problem.code, message: problem.message });
  wire.close(problem.status < 500 ? closeCodes.refused : closeCodes.failed, problem.code);
}
