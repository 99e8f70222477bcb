// Reminders: words at the end of a model request that are no part of the conversation. A pure function of what was logged.
import type { Message } from "../src/protocol/conversation.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { TodoItem } from "../src/protocol/work_facts.ts";
import { repeatsWarned, type Repetition } from "./repetition.ts";

/** Model calls without a look at the todos after which they are called to mind. */
export const todoReminderEvery = 10;

export function reminders(
  about: { todos: readonly TodoItem[]; callsSinceTodos: number; repetition: Repetition },
): Message[] {
  const texts = [todoReminder(about.todos, about.callsSinceTodos), repetitionWarning(about.repetition)]
    .filter((text) => text !== null);
  if (texts.length === 0) return [];
  return [{ role: "user", text: enclosed("reminder", texts.join("\n")) }];
}

function todoReminder(todos: readonly TodoItem[], calls: number): string | null {
  const open = todos.filter((todo) => todo.status !== "completed");
  if (open.length === 0 || calls === 0 || calls % todoReminderEvery !== 0) return null;
  const lines = open.map((todo) =>
    `- [${todo.status === "in_progress" ? "in progress" : "pending"}] ${todo.content}`
  );
  return `Your todo list was not touched for ${calls} steps. Still open:\n${lines.join("\n")}`;
}

function repetitionWarning({ inRow, last }: Repetition): string | null {
  if (inRow < repeatsWarned) return null;
  return `The last ${inRow} calls of "${last}" were the same and had the same result. Try something else, or say what is in the way.`;
}
