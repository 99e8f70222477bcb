// The task tools: what an agent is told about its tasks, and the facts that its calls leave.
import { afterEach, beforeEach, expect, test } from "vitest";
import { foldTasks, tasksMax } from "../../machines/tasks.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Task } from "../../src/protocol/work_facts.ts";
import type { Tool, ToolOutcome } from "../../tools/contract.ts";
import { taskCreateTool } from "../../tools/task_create.ts";
import { taskGetTool } from "../../tools/task_get.ts";
import { taskListTool } from "../../tools/task_list.ts";
import { taskUpdateTool } from "../../tools/task_update.ts";
import { makeWorkspace, runTool, testSession, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let tasks: readonly Task[];
beforeEach(async () => {
  space = await makeWorkspace();
  tasks = [];
});
afterEach(() => space.remove());

/** Runs a call and folds its facts, as a session does. */
async function call(tool: Tool, args: JsonObject, callId = "c1-1"): Promise<ToolOutcome> {
  const session = testSession(callId, { tasks: () => tasks });
  const outcome = await runTool(tool, args, space.context({ session }));
  const facts = outcome.status === "finished" ? outcome.facts ?? [] : [];
  for (const fact of facts) {
    if (fact.type !== "task.created" && fact.type !== "task.updated") throw new Error(fact.type);
    tasks = foldTasks(tasks, { ...fact, actor: "main" });
  }
  return outcome;
}
const create = async (callId: string, more: JsonObject = {}) =>
  textOf(await call(taskCreateTool, { subject: `do ${callId}`, description: "", ...more }, callId));
const update = async (task_id: string, changes: JsonObject) =>
  textOf(await call(taskUpdateTool, { task_id, ...changes }));
const list = async (filter: JsonObject = {}) => textOf(await call(taskListTool, filter));

test("a task's id follows from its call, so a call that is run again after a crash makes the same task", async () => {
  expect(await create("c12-1")).toBe('Created task "t12-1": it can be begun now');
  await create("c12-1");
  expect(tasks.map((task) => task.task_id)).toEqual(["t12-1"]);
});

test("tasks wait for each other, and completing one says which can be begun", async () => {
  await create("c1-1");
  expect(await create("c1-2", { blocked_by: ["t1-1"], owner: "me" })).toBe(
    'Created task "t1-2": it waits for t1-1',
  );
  expect(await list()).toBe(
    "2 tasks, 2 open, 1 ready\nt1-1 pending: do c1-1\nt1-2 pending: do c1-2 (me) [blocked by t1-1]",
  );
  expect(await list({ ready: true })).toBe("1 shown of 2 tasks, 2 open, 1 ready\nt1-1 pending: do c1-1");
  expect(await update("t1-2", { status: "in_progress" })).toBe(
    'Cannot update task "t1-2": it cannot be begun before "t1-1" ended, do that first or change blocked_by',
  );
  expect(await update("t1-2", { status: "completed" })).toContain("cannot be completed before");
  expect(await update("t1-1", { status: "completed" })).toBe(
    "Updated t1-1 completed: do c1-1\nCan be begun now: t1-2",
  );
  expect(await update("t1-2", { status: "in_progress" })).toBe("Updated t1-2 in_progress: do c1-2 (me)");
  expect(await list({ status: "completed" })).toContain(
    "1 shown of 2 tasks, 1 open, 0 ready\nt1-1 completed",
  );
});

test("TaskGet shows everything about a task", async () => {
  await create("c1-1");
  await create("c1-2", {
    blocked_by: ["t1-1"],
    documents: ["docs/a.md"],
    description: "All of it\nin two lines",
  });
  await create("c1-3", { blocked_by: ["t1-2"] });
  expect(textOf(await call(taskGetTool, { task_id: "t1-2" }))).toBe(
    [
      "t1-2 pending: do c1-2 [blocked by t1-1]",
      "Blocked by: t1-1",
      "Blocks: t1-3",
      "Documents:",
      "- docs/a.md",
      "",
      "All of it\nin two lines",
    ].join("\n"),
  );
});

test("tasks that would wait for themselves are refused, at once and through others", async () => {
  await create("c1-1");
  await create("c1-2", { blocked_by: ["t1-1"] });
  expect(await update("t1-1", { blocked_by: ["t1-1"] })).toContain("it would wait for itself");
  expect(await update("t1-1", { blocked_by: ["t1-2"] })).toBe(
    'Cannot update task "t1-1": it would wait for itself through "t1-2"',
  );
  expect(tasks[0]?.blocked_by).toEqual([]);
});

test("unknown tasks and blockers are refused by naming the known ones", async () => {
  expect(await create("c1-1", { blocked_by: ["t9-9"] })).toBe(
    'Cannot create a task: "t9-9" in blocked_by is no task, there are no tasks yet',
  );
  await create("c1-1");
  expect(await update("t9-9", { status: "completed" })).toBe(
    'Cannot update task "t9-9": there is none of that id, known are "t1-1"',
  );
  expect(await update("t1-1", { blocked_by: ["t9-9"] })).toContain('known are "t1-1"');
  expect(textOf(await call(taskGetTool, { task_id: "x" }))).toContain('Cannot show task "x"');
});

test("an update changes only what it names, and one that names nothing is refused", async () => {
  await create("c1-1", { owner: "me", documents: ["a"] });
  expect(await call(taskUpdateTool, { task_id: "t1-1", owner: null, subject: "new" })).toMatchObject({
    facts: [{ type: "task.updated", data: { task_id: "t1-1", owner: null, subject: "new" } }],
  });
  expect(tasks[0]).toMatchObject({ subject: "new", owner: null, documents: ["a"], status: "pending" });
  expect(await update("t1-1", {})).toBe('Cannot update task "t1-1": nothing is to be changed, name a field');
});

test(`when ${tasksMax} tasks are open a further one is refused, and there is room again when one ends`, async () => {
  const task = (n: number): Task => ({
    task_id: `t0-${n}`,
    subject: "x",
    description: "",
    blocked_by: [],
    owner: null,
    documents: [],
    status: "pending",
  });
  tasks = Array.from({ length: tasksMax }, (_, n) => task(n));
  expect(await create("c1-1")).toBe(
    `Cannot create a task: ${tasksMax} are open already, complete or cancel some first`,
  );
  await update("t0-3", { status: "cancelled" });
  expect(await create("c1-1")).toContain("Created task");
});

test("a subject with line ends takes one line of the list", async () => {
  await create("c1-1", { subject: "one\n\n  two" });
  expect(await list()).toBe("1 task, 1 open, 1 ready\nt1-1 pending: one two");
});
