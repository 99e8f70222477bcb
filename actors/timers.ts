// Timers: a time that somebody in the session waits for. The deadline is absolute, so a restart does not move it.
import type { PendingEffect } from "../machines/effects.ts";
import { pause } from "../src/platform/pause.ts";
import type { Executor } from "./session_port.ts";

/** setTimeout takes 31 bits; longer waits are taken in parts. */
const sleepMsMax = 2 ** 31 - 1;

/** For `timer.wait`: parameters `{ timer_id, at, after_ms }`, `at` being the time of the fact that began the wait. */
export const timerExecutor: Executor = async (session, effect, { signal }) => {
  const { actor, params } = effect;
  const deadline = deadlineOf(effect);
  for (let left = deadline - Date.now(); left > 0 && !signal.aborted; left = deadline - Date.now()) {
    await pause(Math.min(left, sleepMsMax), signal);
  }
  if (signal.aborted) return;
  await session.tell({ actor, type: "timer.fired", data: { timer_id: String(params.timer_id) } });
};

/** When the time of a `timer.wait` comes, in milliseconds since 1970. */
export function deadlineOf({ params }: Pick<PendingEffect, "params">): number {
  return Date.parse(String(params.at)) + Number(params.after_ms);
}
