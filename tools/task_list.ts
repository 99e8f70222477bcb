// TaskList: the tasks of the session, a line each.
import { z } from "zod";
import { isEnded, readyTasks } from "../machines/tasks.ts";
import { taskStatus } from "../src/protocol/work_facts.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { taskLimits, taskLine } from "./task_view.ts";

const parameters = z.strictObject({
  status: taskStatus.optional().describe("Only tasks of this status"),
  ready: z.boolean().optional().describe(
    "Only tasks that can be begun now: pending, and nothing blocks them",
  ),
});
type Args = z.infer<typeof parameters>;

export const taskListTool = defineTool({
  name: "TaskList",
  description:
    "Lists the tasks of this session, oldest first, and says what blocks those that cannot be begun yet.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: taskLimits,
  run: listTasks,
});

function listTasks(args: Args, { session }: ToolContext): Promise<ToolOutcome> {
  const tasks = session.tasks();
  const shown = (args.ready ? readyTasks(tasks) : tasks)
    .filter((task) => args.status === undefined || task.status === args.status);
  const open = tasks.filter((task) => !isEnded(task)).length;
  const counts = `${tasks.length === 1 ? "1 task" : `${tasks.length} tasks`}, ${open} open, ${
    readyTasks(tasks).length
  } ready`;
  const head = shown.length === tasks.length ? counts : `${shown.length} shown of ${counts}`;
  const output = [head, ...shown.map((task) => taskLine(tasks, task))].join("\n");
  return Promise.resolve({ status: "finished", output, truncated: false });
}
