// What the task tools have in common: their limits, how they find a task, and how a task reads. No tool itself.
import { z } from "zod";
import { isEnded, openBlockers } from "../machines/tasks.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Task } from "../src/protocol/work_facts.ts";

export const subjectCharsMax = 200;
export const descriptionCharsMax = 10_000;
export const ownerCharsMax = 200;
export const documentsMax = 50;
export const documentCharsMax = 1000;
export const blockersMax = 50;
const idCharsMax = 64;
/** How many ids a message names. */
const namedMax = 20;

export const taskLimits = { timeoutMs: 5000, outputCharsMax: 50_000 };

export const taskId = z.string().min(1).max(idCharsMax).describe("The id that TaskCreate gave");
export const taskFields = {
  subject: z.string().min(1).max(subjectCharsMax).describe("What is to be done, in one line"),
  description: z.string().max(descriptionCharsMax).describe("All that whoever does it must know"),
  blocked_by: z.array(taskId).max(blockersMax).describe("Ids of tasks that must end before this one begins"),
  owner: z.string().min(1).max(ownerCharsMax).nullable().describe("Who does it"),
  documents: z.array(z.string().min(1).max(documentCharsMax)).max(documentsMax).describe(
    "Paths or addresses that belong to it",
  ),
};

/** The task of this id; a Problem that names the known ones when there is none. */
export function findTask(tasks: readonly Task[], id: string, doing: string): Task {
  const found = tasks.find((task) => task.task_id === id);
  if (found !== undefined) return found;
  throw new Problem(
    "not_found",
    `Cannot ${doing} task "${id}": there is none of that id, ${nameKnown(tasks)}`,
  );
}

export function checkBlockers(tasks: readonly Task[], blockedBy: readonly string[], doing: string): void {
  const unknown = blockedBy.find((id) => !tasks.some((task) => task.task_id === id));
  if (unknown === undefined) return;
  throw new Problem(
    "bad_request",
    `Cannot ${doing}: "${unknown}" in blocked_by is no task, ${nameKnown(tasks)}`,
  );
}

export function nameIds(ids: readonly string[]): string {
  const named = ids.slice(0, namedMax).map((id) => `"${id}"`).join(", ");
  return ids.length > namedMax ? `${named} and ${ids.length - namedMax} more` : named;
}

function nameKnown(tasks: readonly Task[]): string {
  return tasks.length === 0
    ? "there are no tasks yet"
    : `known are ${nameIds(tasks.map((task) => task.task_id))}`;
}

/** One line: id, status, what it is, whose, and what it waits for. */
export function taskLine(tasks: readonly Task[], task: Task): string {
  const owner = task.owner === null ? "" : ` (${task.owner})`;
  const blockers = isEnded(task) ? [] : openBlockers(tasks, task);
  const blocked = blockers.length === 0 ? "" : ` [blocked by ${blockers.join(", ")}]`;
  return `${task.task_id} ${task.status}: ${oneLine(task.subject)}${owner}${blocked}`;
}

/** Everything about a task. */
export function taskText(tasks: readonly Task[], task: Task): string {
  const blocks = tasks.filter((other) => other.blocked_by.includes(task.task_id)).map((other) =>
    other.task_id
  );
  return [
    taskLine(tasks, task),
    ...(task.blocked_by.length === 0 ? [] : [`Blocked by: ${task.blocked_by.join(", ")}`]),
    ...(blocks.length === 0 ? [] : [`Blocks: ${blocks.join(", ")}`]),
    ...(task.documents.length === 0
      ? []
      : ["Documents:", ...task.documents.map((path) => `- ${oneLine(path)}`)]),
    ...(task.description === "" ? [] : ["", task.description]),
  ].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}
