// Looking at a session: its state and its transcript at one and the same synced fact.
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { Problem } from "../src/protocol/problem.ts";
import { foldState, foldTranscript } from "./fold.ts";
import type { Loaded } from "./sessions.ts";

export interface Look {
  state: SessionState;
  transcript: Transcript;
}

/** A session that writes without a pause, or whose disk hangs, is read from its log instead. */
const waitsMax = 5;
const waitMs = 50;

/**
 * As it is now: what is on its way to the disk is not shown. The transcript is live and goes on with the next fact, so
 * `show` makes what is wanted of it there and then.
 */
export async function lookNow<T>({ log, actor, state }: Loaded, show: (look: Look) => T): Promise<T> {
  for (let wait = 0; actor !== null && wait < waitsMax; wait++) {
    if (await isLate(actor.settled())) break;
    // An actor that died has none: what is on disk can be shown all the same.
    const transcript = await actor.transcript().catch(() => null);
    if (transcript === null) break;
    if (actor.state() === actor.visible()) return show({ state: actor.visible(), transcript });
  }
  const seen = state();
  return show({ state: seen, transcript: await foldTranscript(log, seen.seq) });
}

async function isLate(settled: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), waitMs);
  settled.then(() => resolve(false));
  return await promise.finally(() => clearTimeout(timer));
}

/** As it was after the fact `at`. Throws `bad_request` outside the log, `log_damaged` when it cannot be folded so far. */
export async function lookBack({ log }: Loaded, at: number, machineVersion: string): Promise<Look> {
  checkPoint(log.sessionId, at, log.durable);
  const { state, damage, diverged } = await foldState(log, { at, machineVersion });
  if (damage !== null) throw damage;
  if (diverged !== null) {
    const { seq, expected, found } = diverged;
    throw new Problem(
      "log_damaged",
      `Cannot fold session "${log.sessionId}": record ${seq} gives ${found}, not ${expected}`,
    );
  }
  return { state, transcript: await foldTranscript(log, at) };
}

/** Throws `bad_request` for a point that the log does not have. */
export function checkPoint(sessionId: string, at: number, head: number): void {
  if (at >= 1 && at <= head) return;
  throw new Problem(
    "bad_request",
    `Cannot go to fact ${at} of session "${sessionId}": its facts are 1 to ${head}`,
  );
}
