// TodoWrite: replaces the session's todo list. It writes a fact and touches nothing else.
import { z } from "zod";
import { todosMax } from "../machines/todos.ts";
import type { TodoItem } from "../src/protocol/work_facts.ts";
import type { ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";

export const todoCharsMax = 1000;

const item = z.strictObject({
  content: z.string().min(1).max(todoCharsMax).describe("What is to be done, in a few words"),
  status: z.enum(["pending", "in_progress", "completed"]),
  activeForm: z.string().min(1).max(todoCharsMax).optional().describe(
    'The same as it is shown while it is being done: "Running the tests"',
  ),
  active_form: z.string().min(1).max(todoCharsMax).optional().describe("Another name of activeForm"),
});
const parameters = z.strictObject({
  todos: z.array(item).max(todosMax).describe("The whole list: it replaces the one before"),
});
type Args = z.infer<typeof parameters>;

export const todoWriteTool = defineTool({
  name: "TodoWrite",
  description:
    "Writes the todo list of this session, whole. Use it for work of three steps or more: one item in progress at a time, completed as soon as it is done.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 5000, outputCharsMax: 2000 },
  run: (args) => Promise.resolve(writeTodos(args)),
});

function writeTodos(args: Args): ToolOutcome {
  const items = args.todos.map((todo): TodoItem => {
    const active = todo.activeForm ?? todo.active_form;
    return {
      content: todo.content,
      status: todo.status,
      ...(active === undefined ? {} : { active_form: active }),
    };
  });
  return {
    status: "finished",
    output: countInWords(items),
    truncated: false,
    facts: [{ type: "todo.written", data: { items } }],
  };
}

function countInWords(items: readonly TodoItem[]): string {
  if (items.length === 0) return "The todo list is empty now";
  const count = (status: TodoItem["status"]) => items.filter((item) => item.status === status).length;
  const active = count("in_progress");
  const counts = `${count("completed")} completed, ${active} in progress, ${count("pending")} pending`;
  const hint = active > 1 ? ". Better have one item in progress at a time" : "";
  return `Todo list written: ${items.length === 1 ? "1 item" : `${items.length} items`}, ${counts}${hint}`;
}
