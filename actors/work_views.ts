// Views of what agents have at hand and wait for, as clients are shown it.
import { type SessionState, stateName } from "../machines/session_state.ts";
import type { BackgroundRecord } from "../machines/session_work.ts";
import { readyTasks } from "../machines/tasks.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { PausedAgent } from "../src/protocol/budget_views.ts";
import type { PendingQuestion, SessionView } from "../src/protocol/http.ts";

export function questionsOf(state: SessionState, transcript: Transcript): PendingQuestion[] {
  return Object.entries(state.calls).flatMap(([call_id, { actor, snapshot }]) => {
    const call = stateName(snapshot) === "questioning" ? transcript.call(call_id) : undefined;
    if (!call?.questions) return [];
    return [{ call_id, actor, ...(call.node === undefined ? {} : { node: call.node }), ...call.questions }];
  });
}

export function pausedOf(state: SessionState, transcript: Transcript): PausedAgent[] {
  return Object.entries(state.agents).flatMap(([actor, snapshot]) => {
    const exceeded = stateName(snapshot) === "paused" ? transcript.exceeded(actor) : undefined;
    return exceeded === undefined ? [] : [{ actor, ...exceeded }];
  });
}

export function tasksOf({ work }: Transcript): SessionView["state"]["tasks"] {
  const ready = new Set(readyTasks(work.tasks()).map((task) => task.task_id));
  return work.tasks().map((task) => ({ ...task, ready: ready.has(task.task_id) }));
}

export function backgroundOf(task: BackgroundRecord): SessionView["state"]["background"][number] {
  const { backgroundId: background_id, actor, command, ended } = task;
  const code = ended?.exit_code === undefined ? {} : { exit_code: ended.exit_code };
  return { background_id, actor, command, status: ended?.status ?? "running", ...code };
}
