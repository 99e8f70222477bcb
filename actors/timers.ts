// Timers: a time that somebody in the session waits for. The deadline is absolute, so a restart does not move it.
import type { Executor } from "./session_port.ts";

/** setTimeout takes 31 bits; longer waits are taken in parts. */
const sleepMsMax = 2 ** 31 - 1;

/** For `timer.wait`: parameters `{ timer_id, at, after_ms }`, `at` being the time of the fact that began the wait. */
export const timerExecutor: Executor = async (session, { actor, params }, { signal }) => {
  const deadline = Date.parse(String(params.at)) + Number(params.after_ms);
  for (let left = deadline - Date.now(); left > 0 && !signal.aborted; left = deadline - Date.now()) {
    await sleep(Math.min(left, sleepMsMax), signal);
  }
  if (signal.aborted) return;
  await session.tell({ actor, type: "timer.fired", data: { timer_id: String(params.timer_id) } });
};

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
