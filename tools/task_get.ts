// TaskGet: one task of the session, whole.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import { findTask, taskId, taskLimits, taskText } from "./task_view.ts";

const parameters = z.strictObject({ task_id: taskId });

export const taskGetTool = defineTool({
  name: "TaskGet",
  description:
    "Shows everything about a task: status, owner, description, documents, what it waits for and what waits for it.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: taskLimits,
  run: (args, { session }) => {
    const tasks = session.tasks();
    const output = taskText(tasks, findTask(tasks, args.task_id, "show"));
    return Promise.resolve({ status: "finished", output, truncated: false });
  },
});
