// Todos and tasks as folds: what a session has to do, from its facts alone.
import fc from "fast-check";
import { expect, test } from "vitest";
import { foldTasks, hasRoom, openBlockers, readyTasks, tasksMax, wouldCycle } from "../../machines/tasks.ts";
import { foldTodos, todosMax } from "../../machines/todos.ts";
import type { Fact, FactData } from "../../src/protocol/facts.ts";
import type { Task, TodoItem } from "../../src/protocol/work_facts.ts";

const envelope = { seq: 1, at: "2026-01-01T00:00:00.000Z", v: 1, actor: "main" } as const;
const create = (task_id: string, ...blocked_by: string[]): Fact => ({
  ...envelope,
  type: "task.created",
  data: { task_id, subject: task_id, description: "", blocked_by, owner: null, documents: [] },
});
const update = (task_id: string, changes: Omit<FactData<"task.updated">, "task_id">): Fact => ({
  ...envelope,
  type: "task.updated",
  data: { task_id, ...changes },
});
const fold = (...facts: Fact[]) => facts.reduce<readonly Task[]>(foldTasks, []);
const ids = (tasks: readonly Task[]) => tasks.map((task) => task.task_id);

test("a task is ready once everything that blocks it is completed or cancelled", () => {
  const made = fold(create("a"), create("b"), create("c", "a", "b"));
  expect(ids(readyTasks(made))).toEqual(["a", "b"]);
  const half = foldTasks(made, update("a", { status: "completed" }));
  expect(ids(readyTasks(half))).toEqual(["b"]);
  expect(half.map((task) => openBlockers(half, task))).toEqual([[], [], ["b"]]);
  const both = foldTasks(half, update("b", { status: "cancelled" }));
  expect(ids(readyTasks(both))).toEqual(["c"]);
});

test("an update changes what it names and nothing else; one of an unknown task changes nothing", () => {
  const made = fold(create("a"), create("b", "a"));
  const owned = foldTasks(made, update("b", { owner: "main/agent:x", documents: ["docs/b.md"] }));
  expect(owned[1]).toEqual({ ...made[1], owner: "main/agent:x", documents: ["docs/b.md"] });
  expect(foldTasks(owned, update("b", { owner: null }))[1]).toMatchObject({ owner: null, blocked_by: ["a"] });
  expect(foldTasks(made, update("z", { subject: "new" }))).toEqual(made);
});

test("a task that is created twice is one task, and blockers that nobody knows are left out", () => {
  const made = fold(create("a"), create("a", "x"), create("b", "x", "a", "a"));
  expect(made.map((task) => task.blocked_by)).toEqual([[], ["a"]]);
});

test("two updates that were allowed side by side do not make tasks wait for each other", () => {
  const made = fold(create("a"), create("b"));
  expect(wouldCycle(made, "a", ["b"])).toBe(false);
  expect(wouldCycle(made, "b", ["a"])).toBe(false);
  const both = [update("a", { blocked_by: ["b"] }), update("b", { blocked_by: ["a"] })].reduce(
    foldTasks,
    made,
  );
  expect(both.map((task) => task.blocked_by)).toEqual([["b"], []]);
});

test("a cycle is seen at once and through others", () => {
  const made = fold(create("a"), create("b", "a"), create("c", "b"));
  expect(wouldCycle(made, "a", ["a"])).toBe(true);
  expect(wouldCycle(made, "a", ["c"])).toBe(true);
  expect(wouldCycle(made, "c", ["a", "b"])).toBe(false);
});

test(`beyond ${tasksMax} tasks a new one takes the place of the oldest that has ended, or is left out`, () => {
  const full = fold(...Array.from({ length: tasksMax }, (_, n) => create(`t${n}`)), create("t-late"));
  expect(full).toHaveLength(tasksMax);
  expect(hasRoom(full)).toBe(false);
  const waiting = foldTasks(full, update("t9", { blocked_by: ["t7"] }));
  const ended = foldTasks(waiting, update("t7", { status: "completed" }));
  expect(hasRoom(ended)).toBe(true);
  const next = foldTasks(ended, create("t-late", "t7", "t8"));
  expect(next).toHaveLength(tasksMax);
  expect(ids(next)).not.toContain("t7");
  expect(next.find((task) => task.task_id === "t9")?.blocked_by).toEqual([]);
  expect(next.at(-1)).toMatchObject({ task_id: "t-late", blocked_by: ["t8"] });
});

test("whatever happens to tasks, none waits for itself, and work is ready while any is open", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "e");
  const status = fc.constantFrom("pending" as const, "completed" as const, "cancelled" as const);
  const fact = fc.oneof(
    fc.tuple(id, fc.array(id)).map(([name, blockers]) => create(name, ...blockers)),
    fc.tuple(id, fc.array(id)).map(([name, blocked_by]) => update(name, { blocked_by })),
    fc.tuple(id, status).map(([name, next]) => update(name, { status: next })),
  );
  fc.assert(fc.property(fc.array(fact, { maxLength: 40 }), (facts) => {
    const tasks = fold(...facts);
    for (const task of tasks) expect(wouldCycle(tasks, task.task_id, task.blocked_by)).toBe(false);
    const isOpen = tasks.some((task) => task.status === "pending");
    expect(readyTasks(tasks).length > 0).toBe(isOpen);
  }));
});

test("the todo list is the one written last, and never a fact of something else", () => {
  const items: TodoItem[] = [{ content: "look", status: "in_progress", active_form: "Looking" }];
  const written = foldTodos([], { ...envelope, type: "todo.written", data: { items } });
  expect(written).toEqual(items);
  expect(foldTodos(written, create("a"))).toBe(written);
  expect(foldTodos(written, { ...envelope, type: "todo.written", data: { items: [] } })).toEqual([]);
});

test(`a todo list holds at most ${todosMax} items`, () => {
  const items: TodoItem[] = Array.from({ length: todosMax + 1 }, (_, n) => ({
    content: `${n}`,
    status: "pending",
  }));
  expect(foldTodos([], { ...envelope, type: "todo.written", data: { items } })).toHaveLength(todosMax);
});
