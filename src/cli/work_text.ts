// Facts beside the conversation in words: questions, settings, todos and tasks, file changes, background tasks, the context,
// limits and hooks, and what there is of the session itself and of its other agents.
import { type EventEnvelope, type FactData, factData, type FactType } from "../protocol/facts.ts";
import type { BudgetView, PausedAgent } from "../protocol/budget_views.ts";
import type { SessionView } from "../protocol/http.ts";
import type { BudgetLimit, Task, TodoItem } from "../protocol/work_facts.ts";
import { crewWords } from "./crew_text.ts";
import { bounded, short, type Words } from "./fact_words.ts";
import { sandboxText } from "./mode_text.ts";
import { neutralLine } from "./neutral.ts";
import { sessionWords } from "./session_text.ts";

const words: Words = {
  ...sessionWords,
  ...crewWords,
  "question.asked": ({ questions }) => {
    const more = questions.length > 1 ? ` (and ${questions.length - 1} more)` : "";
    return [`asks: ${short(questions[0]?.question ?? "")}${more}`];
  },
  "question.answered": ({ answers, by }) => {
    const said = answers.map(({ selected, text }) =>
      [...selected, ...text === undefined ? [] : [text]].join(", ")
    );
    return [`answered by ${short(by)}: ${short(said.join("; "))}`];
  },
  "session.mode_changed": ({ permission_mode, by }) => [
    `the mode is ${permission_mode} now (${short(by)})`,
  ],
  "session.sandbox_changed": (data) => [sandboxText(data)],
  "session.rules_set": ({ allow, ask = [], deny, by }) => [
    `the rules of this session are set (${
      short(by)
    }): ${allow.length} allow, ${ask.length} ask, ${deny.length} deny`,
    ...allow.map((rule) => `allow ${short(rule)}`),
    ...ask.map((rule) => `ask ${short(rule)}`),
    ...deny.map((rule) => `deny ${short(rule)}`),
  ],
  "session.model_changed": ({ provider, model, by }) => [
    `the model is ${short(`${provider}/${model}`)} now (${short(by)})`,
  ],
  "session.workspace_changed": ({ workspace, worktree }) => [
    worktree === null
      ? `works in ${short(workspace)} again`
      : `works in ${short(workspace)} now, on the branch ${short(worktree.branch)}`,
  ],
  "todo.written": ({ items }) => todoLines(items),
  "task.created": ({ task_id, subject, blocked_by, owner }) => [
    `task ${short(task_id)} created: ${short(subject)}${afterText(blocked_by)}${ownerText(owner)}`,
  ],
  "task.updated": ({ task_id, ...changed }) => [`task ${short(task_id)}: ${changesText(changed)}`],
  "file.changed": ({ path, before, after, undoes }) => {
    const how = before === null ? "created" : after === null ? "removed" : "changed";
    return [`${how} ${short(path)}${undoes === undefined ? "" : ` (undid ${short(undoes)})`}`];
  },
  "background.started": ({ background_id, command }) => [
    `background ${short(background_id)} started: ${short(command)}`,
  ],
  "background.ended": ({ background_id, status, exit_code }) => {
    const code = exit_code === undefined ? "" : ` with ${exit_code}`;
    return [`background ${short(background_id)} ended: ${status.replaceAll("_", " ")}${code}`];
  },
  "context.compact_requested": ({ by, instructions }) => [
    `${short(by)} wants the past summarised${instructions === undefined ? "" : `: ${short(instructions)}`}`,
  ],
  "context.compacted": ({ kind, tokens_before, tokens_after, reason }) => [
    `context compacted (${kind}): ${tokens_before} -> ${tokens_after} tokens${
      reason === undefined ? "" : `, ${short(reason)}`
    }`,
  ],
  "budget.exceeded": (data) => [`paused: ${limitText(data)}`],
  "budget.extended": ({ limit, max, by, of }) => {
    const whose = of === undefined ? "" : ` of ${short(of)}`;
    const to = of !== undefined || limit === "tokens" || limit === "cost" ? ` to ${amount(limit, max)}` : "";
    return [`goes on: ${short(by)} extended the limit of ${limitNames[limit]}${whose}${to}`];
  },
  "hook.registered": ({ event, matcher, command, by }) => [
    `hook for ${event}${matcher === undefined ? "" : ` of ${short(matcher)}`} registered by ${short(by)}: ${
      short(command)
    }`,
  ],
  "hook.ran": ({ event, name, outcome, reason }) => [
    `hook ${event} "${short(name)}" ${outcome.replaceAll("_", " ")}${
      reason === undefined ? "" : `: ${short(reason)}`
    }`,
  ],
};

/** The fact in words; undefined for types that are not told here, and for data that this program does not know. */
export function workText({ type, data }: Pick<EventEnvelope, "type" | "data">): string[] | undefined {
  if (!Object.hasOwn(words, type)) return undefined;
  // The table has an entry for this type, so it is one; which one, the compiler cannot follow.
  const known = type as FactType;
  const parsed = factData[known].safeParse(data);
  const tell = words[known] as ((data: unknown) => string[]) | undefined;
  return parsed.success ? tell?.(parsed.data) : undefined;
}

const todoMarks = { pending: "[ ]", in_progress: "[>]", completed: "[x]" } as const;

/** How far the list is, and a line with a box for each item. */
export function todoLines(items: readonly TodoItem[]): string[] {
  const done = items.filter(({ status }) => status === "completed").length;
  const head = items.length === 0 ? "the list of todos is empty" : `todos: ${done} of ${items.length} done`;
  return [head, ...bounded(items, ({ status, content }) => `${todoMarks[status]} ${short(content)}`)];
}

/** One line for a task: `ready` when nothing is in its way any more. */
export function taskLine({ task_id, subject, status, blocked_by, owner, ready }: Task & { ready: boolean }) {
  const waits = status === "pending" && !ready && blocked_by.length > 0;
  const mark =
    { pending: waits ? "[.]" : "[ ]", in_progress: "[>]", completed: "[x]", cancelled: "[-]" }[status];
  const standing = status !== "pending" ? status.replaceAll("_", " ") : waits ? "blocked" : "ready";
  return `${mark} ${neutralLine(task_id).padEnd(5)} ${standing.padEnd(11)} ${short(subject)}${
    waits ? afterText(blocked_by) : ""
  }${ownerText(owner)}`;
}

/** One line for a command that runs, or ran, beside the conversation. */
export function backgroundLine(
  { background_id, status, exit_code, command }: SessionView["state"]["background"][number],
): string {
  const end = `${status.replaceAll("_", " ")}${exit_code === undefined ? "" : ` with ${exit_code}`}`;
  return `${neutralLine(background_id).padEnd(6)} ${end.padEnd(16)} ${short(command)}`;
}

/** What was used up, with its unit. */
export function limitText({ limit, used, max, detail, of }: Omit<PausedAgent, "actor">): string {
  if (of !== undefined) {
    return `the budget of ${neutralLine(of)} is used up: ${amount(limit, used)} of ${amount(limit, max)}`;
  }
  switch (limit) {
    case "steps":
      return `it made ${used} model calls in this turn`;
    case "wall":
      return `it worked for ${amount(limit, used)} without you`;
    case "tokens":
    case "cost":
      return `the session used ${amount(limit, used)} of ${amount(limit, max)}`;
    case "calls":
      return `it made ${amount(limit, used)}`;
    case "repeat":
      return `it repeats itself: ${short(detail ?? "the same call, the same result")}`;
    default:
      return limit satisfies never;
  }
}

const limitNames: { readonly [limit in BudgetLimit]: string } = {
  steps: "model calls",
  wall: "time without you",
  tokens: "tokens",
  cost: "money",
  repeat: "repetition",
  calls: "model calls",
};
const minuteMs = 60_000;

/** One line for a limit of an actor: what is used of it, and what is held back for calls under way. */
export function budgetLine(
  { actor, limit, used, reserved, max }: BudgetView,
): string {
  const held = reserved === 0 ? "" : `, ${amount(limit, reserved)} reserved`;
  return `${short(actor)}: ${amount(limit, used)} of ${amount(limit, max)} (${
    Math.floor(100 * used / max)
  } %)${held}`;
}

function amount(limit: BudgetLimit, value: number): string {
  if (limit === "cost") return `$${value.toFixed(2)}`;
  if (limit === "tokens") return `${value} tokens`;
  if (limit === "calls") return `${value} model ${value === 1 ? "call" : "calls"}`;
  return limit === "wall" ? `${(value / minuteMs).toFixed(1)} minutes` : String(value);
}

function changesText({ status, ...changed }: Omit<FactData<"task.updated">, "task_id">): string {
  const said = Object.entries(changed).map(([name, value]) =>
    `${name.replaceAll("_", " ")} ${short(JSON.stringify(value))}`
  );
  return [...status === undefined ? [] : [status.replaceAll("_", " ")], ...said].join(", ");
}

function afterText(ids: readonly string[]): string {
  return ids.length === 0 ? "" : ` (after ${short(ids.join(", "))})`;
}

function ownerText(owner: string | null): string {
  return owner === null ? "" : `, for ${short(owner)}`;
}
