// Background tasks of a session as tools speak of them: found by id, listed, described in a few words.
import type { BackgroundTask, ToolSession } from "./contract.ts";
import { readEvidence } from "./command_evidence.ts";
import { commandFiles, readStatus } from "./command_files.ts";

export const idCharsMax = 200;
const listedMax = 20;
const commandShownMax = 80;

/** The task, or why there is none: what we tried, and which ones there are. */
export function findTask(
  session: ToolSession,
  id: string,
  tried: string,
): { task: BackgroundTask; error?: never } | { error: string; task?: never } {
  const tasks = session.backgroundTasks();
  const task = tasks.find((candidate) => candidate.backgroundId === id);
  return task
    ? { task }
    : { error: `Cannot ${tried} "${id}": no background task has this id, ${listTasks(tasks)}` };
}

function listTasks(tasks: readonly BackgroundTask[]): string {
  if (tasks.length === 0) return "this session has had none";
  const running = tasks.filter((task) => task.ended === null);
  const chosen = running.length > 0 ? running : tasks;
  const lines = chosen.slice(-listedMax).map((task) => `"${task.backgroundId}" (${shortCommand(task)})`);
  const more = chosen.length > listedMax ? ` and ${chosen.length - listedMax} more` : "";
  return `${running.length > 0 ? "running" : "none runs, ended"}: ${lines.join(", ")}${more}`;
}

function shortCommand({ command }: BackgroundTask): string {
  const line = command.replace(/\s+/g, " ").trim();
  return line.length > commandShownMax ? `${line.slice(0, commandShownMax)}...` : line;
}

/** "running", or how it ended. The exit code can be there a moment before the session knows of it. */
export async function describeState(task: BackgroundTask): Promise<string> {
  if (task.ended !== null) return describeEnd(task.ended);
  const evidence = readEvidence(task.evidence);
  const code = evidence && await readStatus(commandFiles(evidence.dir));
  return code === null ? "running" : `ended with exit code ${code}`;
}

function describeEnd({ status, exit_code }: NonNullable<BackgroundTask["ended"]>): string {
  switch (status) {
    case "exited":
      return `ended with exit code ${exit_code ?? "unknown"}`;
    case "killed":
      return "was ended on request";
    case "timed_out":
      return "was ended at its time limit";
    case "too_much_output":
      return "was ended because it wrote too much";
    case "lost":
      return "ended unseen";
    case "stopped":
      return "was ended when the runtime stopped";
    case "left_behind":
      return "belongs to the session that this one was forked from";
    default:
      return status satisfies never;
  }
}
