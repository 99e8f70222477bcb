// KillShell: ends a command in the background, with all its processes.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import { describeState, findTask, idCharsMax } from "./background_tasks.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";

const parameters = z.strictObject({
  bash_id: z.string().min(1).max(idCharsMax).describe("The id that Bash gave with run_in_background"),
});
type Args = z.infer<typeof parameters>;

export const killShellTool = defineTool({
  name: "KillShell",
  description: "Ends a background command of Bash and every process it has started.",
  parameters,
  effect: "idempotent",
  requires_confirmation: false,
  limits: { timeoutMs: 30_000, outputCharsMax: 4000 },
  run: endTask,
});

async function endTask({ bash_id: id }: Args, { session }: ToolContext): Promise<ToolOutcome> {
  const { task, error } = findTask(session, id, "end");
  if (error !== undefined) return { status: "failed", error };
  if (task.ended === null && await session.endBackgroundTask(id)) {
    return { status: "finished", output: `"${id}" and all its processes were ended`, truncated: false };
  }
  // It may have ended by itself between the look and the request.
  const after = findTask(session, id, "end").task ?? task;
  const state = await describeState(after);
  return { status: "finished", output: `"${id}" had ended before: it ${state}`, truncated: false };
}
