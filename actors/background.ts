// Background tasks: watched to their end, also when an earlier daemon began them. Their end is a fact like any other.
import type { Fact } from "../src/protocol/facts.ts";
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
  const end = await watchBackground(task.evidence, { signal, onOutput });
  session.endText(task.startedSeq);
  // Nothing may be told any more: the session is opened again, and the task is found again.
  if (signal.reason === "closed") return;
  const data: Extract<Fact, { type: "background.ended" }>["data"] = { background_id, ...end };
  await session.tell({ actor: task.actor, type: "background.ended", data });
};
