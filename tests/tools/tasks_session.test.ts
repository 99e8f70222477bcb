// Todos, tasks, plan mode and worktrees in a whole session: what calls wrote holds for later calls, and after a restart.
import { afterEach, beforeEach, expect, test } from "vitest";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { git, makeRepository } from "./worktree_repository.ts";

let runtime: TestRuntime;
beforeEach(async () => void (runtime = await openTestRuntime()));
afterEach(() => runtime.close());

const exists = (path: string) => access(path).then(() => true, () => false);

/** One turn in which the agent makes this call; the call's result as the agent read it. */
async function call(session: string, name: string, args: JsonObject = {}): Promise<string> {
  await runtime.turn(session, script({ calls: [{ name, args }] }, { text: "done" }));
  const ends = (await runtime.facts(session)).flatMap((fact) => {
    if (fact.type === "call.finished") return [fact.data.output];
    if (fact.type === "call.failed") return [fact.data.error];
    return fact.type === "call.denied" || fact.type === "call.interrupted" ? [fact.data.reason] : [];
  });
  return ends.at(-1) ?? "";
}

test("tasks that a call created are there for the next one, also after a restart", async () => {
  const session = await runtime.session();
  const [, id = ""] =
    /"(t[^"]+)"/.exec(await call(session, "TaskCreate", { subject: "a", description: "" })) ?? [];
  await call(session, "TaskCreate", { subject: "b", description: "", blocked_by: [id] });
  await runtime.restart();
  expect(await call(session, "TaskUpdate", { task_id: id, status: "completed" })).toContain(
    "Can be begun now: t",
  );
  expect(await call(session, "TaskList", { ready: true })).toMatch(
    /^1 shown of 2 tasks, 1 open, 1 ready\nt\S+ pending: b$/,
  );
});

test("a session works in its worktree, after a restart too, and comes back when it leaves", async () => {
  await makeRepository(runtime.workspace);
  const session = await runtime.session();
  const tree = join(runtime.workspace, ".jamey", "worktrees", "fix");
  expect(await call(session, "EnterWorktree", { name: "fix" })).toContain(`Working in "${tree}"`);
  await runtime.restart();
  await call(session, "Write", { file_path: "new.txt", content: "x" });
  expect(await exists(join(tree, "new.txt"))).toBe(true);
  expect(await exists(join(runtime.workspace, "new.txt"))).toBe(false);
  expect(await call(session, "ExitWorktree", { action: "remove" })).toContain(
    "1 uncommitted file (new.txt) would be lost",
  );
  expect(await call(session, "ExitWorktree", { action: "remove", discard_changes: true })).toContain(
    "are removed",
  );
  await call(session, "Write", { file_path: "after.txt", content: "x" });
  expect(await exists(join(runtime.workspace, "after.txt"))).toBe(true);
  expect(await git(runtime.workspace, "branch", "--format=%(refname:short)")).toBe("main");
});

test("in plan mode nothing is written until a person accepts the plan, whatever was allowed before", async () => {
  const session = await runtime.session("bypassPermissions");
  await call(session, "EnterPlanMode");
  await call(session, "Write", { file_path: "early.txt", content: "x" });
  expect(await exists(join(runtime.workspace, "early.txt"))).toBe(false);
  await call(session, "TodoWrite", { todos: [{ content: "plan", status: "in_progress" }] });
  await runtime.send(
    session,
    script({ calls: [{ name: "ExitPlanMode", args: { plan: "1. write" } }] }, { text: "ok" }),
  );
  const asked = await runtime.fact(session, "call.approval_requested");
  if (asked.type !== "call.approval_requested") throw new Error(asked.type);
  expect(asked.data.prompt).toContain("1. write");
  const { call_id } = asked.data;
  await runtime.runtime.command(
    session,
    { type: "call.answer", call_id, decision: "allow_once" },
    "test",
  );
  const changed = await runtime.fact(session, "session.mode_changed", asked.seq);
  expect(changed.data).toEqual({ permission_mode: "bypassPermissions", by: "user" });
  await runtime.fact(session, "turn.ended", changed.seq);
  await call(session, "Write", { file_path: "late.txt", content: "x" });
  expect(await exists(join(runtime.workspace, "late.txt"))).toBe(true);
});
