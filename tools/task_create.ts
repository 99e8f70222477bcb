// TaskCreate: adds a task to the session's tasks. It writes a fact and touches nothing else.
import { z } from "zod";
import { hasRoom, openBlockers, tasksMax } from "../machines/tasks.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Task } from "../src/protocol/work_facts.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { checkBlockers, taskFields, taskLimits } from "./task_view.ts";

const parameters = z.strictObject({
  subject: taskFields.subject,
  description: taskFields.description,
  blocked_by: taskFields.blocked_by.optional(),
  owner: taskFields.owner.optional(),
  documents: taskFields.documents.optional(),
});
type Args = z.infer<typeof parameters>;

export const taskCreateTool = defineTool({
  name: "TaskCreate",
  description:
    "Creates a task, pending, and returns its id. Tasks are kept with the session; blocked_by orders them. For a short list of steps use TodoWrite.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: taskLimits,
  run: createTask,
});

/** The id follows from the call's: two are never the same, and a call that is run again means the same task. */
export function taskIdOf(callId: string): string {
  return `t${callId.replace(/^c/, "")}`;
}

function createTask(args: Args, { session }: ToolContext): Promise<ToolOutcome> {
  const tasks = session.tasks();
  if (!hasRoom(tasks)) {
    throw new Problem(
      "limit_reached",
      `Cannot create a task: ${tasksMax} are open already, complete or cancel some first`,
    );
  }
  const blockedBy = [...new Set(args.blocked_by ?? [])];
  checkBlockers(tasks, blockedBy, "create a task");
  const task: Task = {
    task_id: taskIdOf(session.callId),
    subject: args.subject,
    description: args.description,
    blocked_by: blockedBy,
    owner: args.owner ?? null,
    documents: args.documents ?? [],
    status: "pending",
  };
  const { status: _, ...data } = task;
  const blockers = openBlockers(tasks, task);
  const waits = blockers.length === 0 ? "it can be begun now" : `it waits for ${blockers.join(", ")}`;
  return Promise.resolve({
    status: "finished",
    output: `Created task "${task.task_id}": ${waits}`,
    truncated: false,
    facts: [{ type: "task.created", data }],
  });
}
