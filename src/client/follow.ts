// Follows a session: history, then live, over as many sockets as it takes. Every event comes once, in order.
import type { ServerFrame } from "../protocol/frames.ts";
import { Problem } from "../protocol/problem.ts";
import { isNotRunning } from "./connection.ts";
import type { Client } from "./client.ts";
import { openSocket } from "./socket.ts";

export interface FollowOptions {
  /** The last sequence number that is known already; 0 starts at the first event. */
  after?: number;
  /** False for events only, without text in the making. */
  deltas?: boolean;
  /** Ends the iteration without an error. */
  signal?: AbortSignal | undefined;
  /** How often in a row a lost daemon is looked for before giving up. */
  attemptsMax?: number;
  /** The first wait between two attempts; it doubles. */
  backoffMs?: number;
  /** Told once when the daemon is lost, and once when what it has to say has been read again. */
  onLink?(isUp: boolean): void;
}

const attemptsMaxDefault = 10;
const backoffMsDefault = 100;
const backoffMsMax = 3_000;
const pageEvents = 500;

/** What follow needs of a client. */
export type FollowClient = Pick<Client, "connection" | "reconnect" | "events">;

/**
 * Yields `hello` at each connection, every `event` after `after` exactly once and in order, `synced` when history has
 * been given, and `delta` frames, which may repeat text after a reconnection (their offset says so).
 * Gaps are filled from the log. Throws a Problem when the session is unknown, the token is refused, the log has
 * become shorter than what was seen, or the daemon stays away.
 */
export async function* follow(
  client: FollowClient,
  session: string,
  options: FollowOptions = {},
): AsyncGenerator<ServerFrame> {
  const { signal, attemptsMax = attemptsMaxDefault, backoffMs = backoffMsDefault } = options;
  const place: Place = {
    session,
    last: options.after ?? 0,
    archived: false,
    attempts: 0,
    refusal: undefined,
    isLost: false,
  };
  for (let first = true; !signal?.aborted; first = false) {
    try {
      if (!first) await client.reconnect();
      await checkPlace(client, place, signal);
      yield* oneSocket(client, place, options);
    } catch (thrown) {
      if (signal?.aborted) return;
      if (first || !isNotRunning(thrown) || place.attempts >= attemptsMax) throw thrown;
    }
    if (place.archived || signal?.aborted) return;
    if (place.attempts >= attemptsMax) throw gaveUp(place);
    if (!place.isLost) options.onLink?.(false);
    place.isLost = true;
    await pause(Math.min(backoffMs * 2 ** place.attempts, backoffMsMax), signal);
    place.attempts++;
  }
}

/** Where the reader is; `attempts` counts failures since the last progress. */
interface Place {
  session: string;
  last: number;
  archived: boolean;
  attempts: number;
  refusal: string | undefined;
  isLost: boolean;
}

/** A WebSocket cannot say why its handshake failed; a plain request can. */
async function checkPlace(client: FollowClient, place: Place, signal?: AbortSignal): Promise<void> {
  const { head } = await client.events(place.session, place.last, 1, signal);
  if (head >= place.last) return;
  throw new Problem(
    "bad_request",
    `Cannot follow session "${place.session}" after event ${place.last}: its last event is ${head}`,
    { hint: "Use a smaller number with --after" },
  );
}

async function* oneSocket(
  client: FollowClient,
  place: Place,
  { deltas = true, signal, onLink }: FollowOptions,
): AsyncGenerator<ServerFrame> {
  const query = `?after=${place.last}${deltas ? "" : "&deltas=false"}`;
  const path = `/sessions/${encodeURIComponent(place.session)}/ws${query}`;
  const socket = openSocket(client.connection(), path, signal);
  try {
    for await (const frame of socket.frames) {
      if (frame.type === "event") yield* inOrder(client, place, frame, signal);
      else if (frame.type === "gap") yield* missing(client, place, frame.to, signal);
      else if (frame.type === "error") place.refusal = frame.message;
      else yield frame;
      if (frame.type === "hello") place.session = frame.session_id;
      if (frame.type === "synced") {
        place.attempts = 0;
        if (place.isLost) onLink?.(true);
        place.isLost = false;
      }
      if (signal?.aborted) return;
    }
  } finally {
    socket.close();
  }
}

async function* inOrder(
  client: FollowClient,
  place: Place,
  frame: EventFrame,
  signal?: AbortSignal,
): AsyncGenerator<ServerFrame> {
  yield* missing(client, place, frame.event.seq - 1, signal);
  // A repetition, or the log had it already when the gap before it was filled.
  if (frame.event.seq !== place.last + 1) return;
  step(place, frame);
  yield frame;
}

/** Reads from the log what the socket did not bring, up to and with `to`. */
async function* missing(
  client: FollowClient,
  place: Place,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<ServerFrame> {
  while (place.last < to && !signal?.aborted) {
    const { events } = await client.events(place.session, place.last, pageEvents, signal);
    if (events.length === 0) throw holed(place, to);
    for (const event of events) {
      if (event.seq > to) return;
      if (event.seq !== place.last + 1) throw holed(place, to);
      const frame = { type: "event" as const, event };
      step(place, frame);
      yield frame;
    }
  }
}

type EventFrame = Extract<ServerFrame, { type: "event" }>;

function step(place: Place, frame: EventFrame): void {
  place.last = frame.event.seq;
  place.archived = frame.event.type === "session.archived";
  place.attempts = 0;
}

function holed(place: Place, to: number): Problem {
  return new Problem(
    "log_damaged",
    `Cannot follow session "${place.session}": the daemon has no event ${
      place.last + 1
    }, though event ${to} exists`,
    { hint: "Check the session with: jamey replay SESSION --verify" },
  );
}

function gaveUp(place: Place): Problem {
  const why = place.refusal ?? "the connection was closed again and again";
  return new Problem("daemon_not_running", `Cannot follow session "${place.session}": ${why}`, {
    hint: "Look with: jamey status and jamey logs",
  });
}

/** Resolves after the time or at the abort, never throws. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
