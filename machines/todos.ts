// The todo list, as a pure fold of the session's facts: each writing replaces the whole list.
import type { Fact } from "../src/protocol/facts.ts";
import type { TodoItem } from "../src/protocol/work_facts.ts";

export const todosMax = 200;

/** The next list, or the same object when the fact says nothing about it. */
export function foldTodos(items: readonly TodoItem[], fact: Fact): readonly TodoItem[] {
  return fact.type === "todo.written" ? fact.data.items.slice(0, todosMax) : items;
}
