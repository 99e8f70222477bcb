// Plan mode: reading, the plan and its end. That nothing is changed in it is family C5 of tests/security.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const call = (name: string, args: Record<string, string>) => ({ name, args });
const plan = call("ExitPlanMode", { plan: "1. Write b.txt\n2. Test it" });

async function planning(): Promise<string> {
  test = await openTestRuntime();
  await Deno.writeTextFile(join(test.workspace, "a.txt"), "before\n");
  return await test.session("plan");
}

it("reading goes on, and the plan file may be written", async () => {
  const id = await planning();
  const read = await test.turn(
    id,
    script({ calls: [call("Read", { file_path: "a.txt" })] }, { text: "read" }),
  );
  expect(read.tool_calls[0]).toMatchObject({ status: "finished" });
  const called = await test.fact(id, "model.called");
  expect(called.type).toBe("model.called");
  const { path } = await Deno.stat(join(test.dataDir, "sessions", id)).then(() => {
    return { path: join(test.dataDir, "sessions", id, "effects", "plan", "plan.md") };
  });
  const write = await test.turn(
    id,
    script({ calls: [call("Write", { file_path: path, content: "a draft" })] }, { text: "drafted" }),
  );
  expect(write.tool_calls[0]).toMatchObject({ status: "finished" });
  expect(await Deno.readTextFile(path)).toBe("a draft");
});

it("a plan is shown to a person; accepted, the mode is the one before, and writing goes on", async () => {
  test = await openTestRuntime();
  const id = await test.session("bypassPermissions");
  await test.send(
    id,
    script({ calls: [call("EnterPlanMode", {})] }, { calls: [plan] }, {
      calls: [call("Write", { file_path: "b.txt", content: "planned" })],
    }, { text: "done" }),
  );
  const asked = await test.fact(id, "call.approval_requested");
  expect(asked.data).toMatchObject({ name: "ExitPlanMode", prompt: expect.stringContaining("2. Test it") });
  expect((await test.runtime.view(id)).state.summary.permission_mode).toBe("plan");
  await test.restart();
  const [approval] = await test.runtime.approvals(id);
  const answer = { type: "call.answer", call_id: approval?.call_id ?? "", decision: "allow_once" } as const;
  await test.runtime.command(id, answer, "me");
  await test.fact(id, "turn.ended");
  expect((await test.runtime.view(id)).state.summary.permission_mode).toBe("bypassPermissions");
  expect(await Deno.readTextFile(join(test.workspace, "b.txt"))).toBe("planned");
});

it("a refused plan leaves the session planning, with the person's reason for the agent", async () => {
  const id = await planning();
  await test.send(id, script({ calls: [plan] }, { text: "I think again" }));
  await test.fact(id, "call.approval_requested");
  const [approval] = await test.runtime.approvals(id);
  const reject = {
    type: "call.answer",
    call_id: approval?.call_id ?? "",
    decision: "reject_once",
    reason: "too short",
  } as const;
  await test.runtime.command(id, reject, "me");
  await test.fact(id, "turn.ended");
  expect((await test.runtime.view(id)).state.summary.permission_mode).toBe("plan");
  expect(JSON.stringify((await test.runtime.view(id)).conversation)).toContain("too short");
});

it("a person may set the mode at any time, and run any tool by hand", async () => {
  const id = await planning();
  const run = {
    type: "tool.run",
    tool_call: { name: "Bash", args: { command: "touch by-hand" } },
    id: "t1",
  } as const;
  await test.runtime.command(id, run, "me");
  await test.fact(id, "call.approval_requested");
  await test.runtime.command(id, { type: "call.answer", call_id: "t1", decision: "allow_once" }, "me");
  await test.fact(id, "call.finished");
  await test.runtime.command(id, { type: "session.set_mode", permission_mode: "bypassPermissions" }, "me");
  const result = await test.turn(
    id,
    script({ calls: [call("Bash", { command: "touch now" })] }, { text: "ok" }),
  );
  expect(result.tool_calls[0]).toMatchObject({ status: "finished" });
});
