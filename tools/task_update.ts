// TaskUpdate: changes a task of the session. It writes a fact and touches nothing else.
import { z } from "zod";
import { openBlockers, readyTasks, wouldCycle } from "../machines/tasks.ts";
import type { FactData } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { type Task, taskStatus } from "../src/protocol/work_facts.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { checkBlockers, findTask, nameIds, taskFields, taskId, taskLimits, taskLine } from "./task_view.ts";

const parameters = z.strictObject({
  task_id: taskId,
  status: taskStatus.optional(),
  subject: taskFields.subject.optional(),
  description: taskFields.description.optional(),
  owner: taskFields.owner.optional().describe("Who does it; null for nobody"),
  documents: taskFields.documents.optional().describe("The whole list: it replaces the one before"),
  blocked_by: taskFields.blocked_by.optional().describe("The whole list: it replaces the one before"),
});
type Args = z.infer<typeof parameters>;

export const taskUpdateTool = defineTool({
  name: "TaskUpdate",
  description:
    "Changes a task: its status (in_progress when you begin it, completed when it is done, cancelled), text, owner, documents or what it waits for.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: taskLimits,
  run: updateTask,
});

function updateTask(args: Args, { session }: ToolContext): Promise<ToolOutcome> {
  const tasks = session.tasks();
  const before = findTask(tasks, args.task_id, "update");
  const changes = changesOf(args);
  if (Object.keys(changes).length === 0) {
    throw refusal(before, "nothing is to be changed, name a field");
  }
  const after: Task = { ...before, ...changes };
  checkDependencies(tasks, before, after);
  const next = tasks.map((task) => task === before ? after : task);
  const wereReady = new Set(readyTasks(tasks).map((task) => task.task_id));
  const freed = readyTasks(next).map((task) => task.task_id).filter((id) =>
    id !== before.task_id && !wereReady.has(id)
  );
  const also = freed.length === 0 ? [] : [`Can be begun now: ${freed.join(", ")}`];
  return Promise.resolve({
    status: "finished",
    output: [`Updated ${taskLine(next, after)}`, ...also].join("\n"),
    truncated: false,
    facts: [{ type: "task.updated", data: { task_id: before.task_id, ...changes } }],
  });
}

/** What the arguments name, without what they leave out. */
function changesOf({ task_id: _, ...fields }: Args): Omit<FactData<"task.updated">, "task_id"> {
  return {
    ...(fields.status === undefined ? {} : { status: fields.status }),
    ...(fields.subject === undefined ? {} : { subject: fields.subject }),
    ...(fields.description === undefined ? {} : { description: fields.description }),
    ...(fields.owner === undefined ? {} : { owner: fields.owner }),
    ...(fields.documents === undefined ? {} : { documents: fields.documents }),
    ...(fields.blocked_by === undefined ? {} : { blocked_by: [...new Set(fields.blocked_by)] }),
  };
}

function checkDependencies(tasks: readonly Task[], before: Task, after: Task): void {
  checkBlockers(tasks, after.blocked_by, `update task "${before.task_id}"`);
  if (wouldCycle(tasks, before.task_id, after.blocked_by)) {
    throw refusal(before, `it would wait for itself through ${nameIds(after.blocked_by)}`);
  }
  const begins = after.status === "in_progress" ||
    (after.status === "completed" && before.status !== "completed");
  const blockers = openBlockers(tasks, after);
  if (begins && blockers.length > 0) {
    const verb = after.status === "completed" ? "completed" : "begun";
    throw refusal(
      before,
      `it cannot be ${verb} before ${nameIds(blockers)} ended, do that first or change blocked_by`,
    );
  }
}

function refusal(task: Task, why: string): Problem {
  return new Problem("bad_request", `Cannot update task "${task.task_id}": ${why}`);
}
