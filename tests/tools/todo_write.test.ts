// TodoWrite: the whole list, as a fact.
import { expect, test } from "vitest";
import { todosMax } from "../../machines/todos.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { todoWriteTool } from "../../tools/todo_write.ts";
import { makeWorkspace, runTool, textOf } from "./workspace.ts";

async function write(todos: JsonObject[]) {
  const space = await makeWorkspace();
  try {
    return await runTool(todoWriteTool, { todos }, space.context());
  } finally {
    await space.remove();
  }
}

test("TodoWrite replaces the whole list and counts what is in it", async () => {
  const outcome = await write([
    { content: "look", status: "completed" },
    { content: "build", status: "in_progress", activeForm: "Building" },
    { content: "test", status: "pending", active_form: "Testing" },
  ]);
  expect(outcome).toEqual({
    status: "finished",
    output: "Todo list written: 3 items, 1 completed, 1 in progress, 1 pending",
    truncated: false,
    facts: [{
      type: "todo.written",
      data: {
        items: [
          { content: "look", status: "completed" },
          { content: "build", status: "in_progress", active_form: "Building" },
          { content: "test", status: "pending", active_form: "Testing" },
        ],
      },
    }],
  });
});

test("an empty list clears the todos, and two items in progress are taken with a hint", async () => {
  expect(textOf(await write([]))).toBe("The todo list is empty now");
  const both = await write([{ content: "a", status: "in_progress" }, {
    content: "b",
    status: "in_progress",
  }]);
  expect(both).toMatchObject({ status: "finished", facts: [{ type: "todo.written" }] });
  expect(textOf(both)).toContain("one item in progress at a time");
});

test(`a list of more than ${todosMax} items, or with an unknown status, is refused and writes nothing`, async () => {
  const items = Array.from({ length: todosMax + 1 }, () => ({ content: "a", status: "pending" }));
  expect(await write(items.slice(1))).toMatchObject({ status: "finished" });
  expect(await write(items)).toMatchObject({ status: "failed" });
  expect(textOf(await write([{ content: "a", status: "done" }]))).toContain('"todos.0.status" is wrong');
});
