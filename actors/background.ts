// Background tasks: watched to their end, also when an earlier daemon began them. Their end is a fact like any other.
import { watchBackground } from "../tools/background.ts";
import type { Executor } from "./session_port.ts";

/** For `background.run`. */
export const backgroundExecutor: Executor = async (session, effect, { signal }) => {
  const background_id = String(effect.params.background_id);
  const { work } = await session.transcript();
  const task = work.backgrounds().find((one) => one.backgroundId === background_id);
  if (task === undefined) return;
  let offset = 0;
  const onOutput = (text: string): void => {
    session.delta({ actor: task.actor, of_seq: task.startedSeq, offset, text });
    offset += text.length;
  };
  const { stop, leave } = splitSignal(signal);
  const watched = watchBackground(task.evidence, { signal: stop, leave, onOutput });
  const end = await watched.catch((thrown: unknown) => {
    if (leave.aborted) return null;
    throw thrown;
  });
  if (end === null || leave.aborted) return;
  session.endText(task.startedSeq);
  const data = { background_id, ...end };
  await session.tell({ actor: task.actor, type: "background.ended", data });
};

/**
 * A session that was closed because its log failed is opened again, and finds the task as it runs: then the command must
 * not be ended. Only a stop of the task or of the daemon does that.
 */
function splitSignal(signal: AbortSignal): { stop: AbortSignal; leave: AbortSignal } {
  const [stop, leave] = [new AbortController(), new AbortController()];
  const onAbort = () => (signal.reason === "closed" ? leave : stop).abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return { stop: stop.signal, leave: leave.signal };
}
