// Tasks with dependencies, as a pure fold of the session's facts. Whatever the facts say, the result has no two tasks of
// one id, no unknown blockers and no cycles: calls that run side by side are each checked against what was there before.
import type { FactData, FactDraft } from "../src/protocol/facts.ts";
import type { Task } from "../src/protocol/work_facts.ts";

/** When all of them are taken, a new task takes the place of the oldest one that has ended. */
export const tasksMax = 500;

/** The next tasks, or the same object when the fact says nothing about them. */
export function foldTasks(tasks: readonly Task[], fact: FactDraft): readonly Task[] {
  switch (fact.type) {
    case "task.created":
      return created(tasks, fact.data);
    case "task.updated":
      return updated(tasks, fact.data);
    default:
      return tasks;
  }
}

/** Completed and cancelled tasks hold nobody up. */
export function isEnded(task: Task): boolean {
  return task.status === "completed" || task.status === "cancelled";
}

/** Whether a new task would find a place. */
export function hasRoom(tasks: readonly Task[]): boolean {
  return tasks.length < tasksMax || tasks.some(isEnded);
}

/** The ids of tasks that must end before this one can begin. */
export function openBlockers(tasks: readonly Task[], task: Task): string[] {
  return task.blocked_by.filter((id) => tasks.some((other) => other.task_id === id && !isEnded(other)));
}

/** What can be begun now: pending, and nothing in the way. */
export function readyTasks(tasks: readonly Task[]): readonly Task[] {
  const open = new Set(tasks.filter((task) => !isEnded(task)).map((task) => task.task_id));
  return tasks.filter((task) => task.status === "pending" && !task.blocked_by.some((id) => open.has(id)));
}

/** Whether the task would, through others or at once, wait for itself. */
export function wouldCycle(tasks: readonly Task[], id: string, blockedBy: readonly string[]): boolean {
  const blockers = new Map(tasks.map((task) => [task.task_id, task.blocked_by]));
  const seen = new Set<string>();
  const waiting = [...blockedBy];
  // Each id is looked at once, so this ends after as many rounds as there are edges.
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...blockers.get(next) ?? []);
  }
  return false;
}

function created(tasks: readonly Task[], data: FactData<"task.created">): readonly Task[] {
  if (tasks.some((task) => task.task_id === data.task_id)) return tasks;
  const kept = withRoom(tasks);
  if (kept === null) return tasks;
  return [...kept, { ...data, blocked_by: knownIds(kept, data.blocked_by), status: "pending" }];
}

function updated(tasks: readonly Task[], data: FactData<"task.updated">): readonly Task[] {
  const { blocked_by, ...rest } = data;
  return tasks.map((task) => {
    if (task.task_id !== data.task_id) return task;
    const refused = blocked_by === undefined || wouldCycle(tasks, task.task_id, blocked_by);
    return {
      task_id: task.task_id,
      subject: rest.subject ?? task.subject,
      description: rest.description ?? task.description,
      blocked_by: refused ? task.blocked_by : knownIds(tasks, blocked_by),
      owner: rest.owner === undefined ? task.owner : rest.owner,
      documents: rest.documents ?? task.documents,
      status: rest.status ?? task.status,
    };
  });
}

/** The tasks with a place left over, or null when all of them are still open. */
function withRoom(tasks: readonly Task[]): readonly Task[] | null {
  if (tasks.length < tasksMax) return tasks;
  const oldest = tasks.find(isEnded);
  if (oldest === undefined) return null;
  return tasks.filter((task) => task !== oldest).map((task) =>
    task.blocked_by.includes(oldest.task_id)
      ? { ...task, blocked_by: task.blocked_by.filter((id) => id !== oldest.task_id) }
      : task
  );
}

function knownIds(tasks: readonly Task[], ids: readonly string[]): string[] {
  const known = new Set(tasks.map((task) => task.task_id));
  return [...new Set(ids)].filter((id) => known.has(id));
}
