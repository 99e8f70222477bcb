import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";
import { until } from "../support/daemon.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });

it("in the default mode Bash, Write and Edit ask, and reading does not", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  const calls: NonNullable<Step["calls"]> = [
    { name: "Glob", args: { pattern: "*" } },
    bash("true"),
    { name: "Write", args: { file_path: "a", content: "" } },
    { name: "Edit", args: { file_path: "a", old_string: "x", new_string: "y" } },
  ];
  await test.send(id, script({ calls: calls }, { text: "x" }));
  await until("three questions", async () => (await test.runtime.approvals(id)).length === 3 || null);
  expect((await test.runtime.approvals(id)).map((approval) => approval.name).sort()).toEqual([
    "Bash",
    "Edit",
    "Write",
  ]);
  expect((await test.runtime.view(id)).state.summary.status).toBe("waiting_for_approval");
});

it("a denied call tells the agent and runs nothing", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  const { message_id = "" } = await test.send(id, script({ calls: [bash("touch ran")] }, { text: "I see" }));
  const asked = await test.fact(id, "call.approval_requested");
  await test.runtime.command(id, {
    type: "call.answer",
    call_id: "c2-1",
    decision: "reject_once",
    reason: "not now",
  }, "me");
  const result = await test.runtime.turn(id, message_id, AbortSignal.timeout(20_000));
  expect(result.tool_calls).toMatchObject([{ status: "denied", output: "Denied: not now" }]);
  expect(asked.data).toMatchObject({ name: "Bash", prompt: expect.stringContaining("touch ran") });
  await expect(Deno.stat(join(test.workspace, "ran"))).rejects.toThrow();
});

it.each(["reject_once", "reject_session"] as const)(
  "of an allowance and a %s at the same moment the first counts, and the call runs once",
  async (second) => {
    test = await openTestRuntime();
    const id = await test.session("default");
    const { message_id = "" } = await test.send(id, script({ calls: [bash("true")] }, { text: "x" }));
    await test.fact(id, "call.approval_requested");
    const answer = (decision: "allow_session" | typeof second) =>
      test.runtime.command(id, { type: "call.answer", call_id: "c2-1", decision }, "me");
    const [allowed, rejected] = await Promise.allSettled([answer("allow_session"), answer(second)]);
    expect(allowed.status).toBe("fulfilled");
    expect(rejected).toMatchObject({ status: "rejected", reason: { code: "conflict" } });
    const result = await test.runtime.turn(id, message_id, AbortSignal.timeout(20_000));
    expect(result.tool_calls).toMatchObject([{ call_id: "c2-1", status: "finished" }]);
  },
);

it("the first answer to an approval wins, the second is a conflict, an unknown call is not found", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await test.send(id, script({ calls: [bash("true")] }, { text: "x" }));
  await test.fact(id, "call.approval_requested");
  const answer = (call_id: string) =>
    test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "me");
  const both = await Promise.allSettled([answer("c2-1"), answer("c2-1")]);
  expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  await test.fact(id, "turn.ended");
  await expect(answer("c2-1")).rejects.toMatchObject({ code: "conflict" });
  await expect(answer("nope")).rejects.toMatchObject({ code: "not_found" });
});

it("an answer given to something else than what would run is refused", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await test.send(id, script({ calls: [bash("true")] }, { text: "x" }));
  await test.fact(id, "call.approval_requested");
  const answer = {
    type: "call.answer" as const,
    call_id: "c2-1",
    decision: "allow_once" as const,
    digest: "other",
  };
  await expect(test.runtime.command(id, answer, "me")).rejects.toMatchObject({ code: "conflict" });
  expect(await test.runtime.approvals(id)).toHaveLength(1);
});

it("allow_session covers the same command for the session, and no other", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await test.send(
    id,
    script({ calls: [bash("true")] }, { calls: [bash("true")] }, { calls: [bash("false")] }, { text: "x" }),
  );
  await test.fact(id, "call.approval_requested");
  await test.runtime.command(id, { type: "call.answer", call_id: "c2-1", decision: "allow_session" }, "me");
  const second = await until(
    "the other command to ask",
    async () => (await test.runtime.approvals(id))[0] ?? null,
  );
  expect(second.prompt).toContain("false");
  expect((await test.types(id)).filter((type) => type === "call.approval_requested")).toHaveLength(2);
});

it("reject_session refuses the same command for the session without asking again, in every mode", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await test.send(id, script({ calls: [bash("touch ran")] }, { calls: [bash("touch ran")] }, { text: "x" }));
  await test.fact(id, "call.approval_requested");
  await test.runtime.command(id, { type: "call.answer", call_id: "c2-1", decision: "reject_session" }, "me");
  await test.fact(id, "turn.ended");
  const denied = (await test.facts(id)).filter((fact) => fact.type === "call.denied");
  expect(denied.map((fact) => fact.data)).toMatchObject([{ by: "me" }, { by: "policy" }]);
  expect((await test.types(id)).filter((type) => type === "call.approval_requested")).toHaveLength(1);
  await expect(Deno.stat(join(test.workspace, "ran"))).rejects.toThrow();
});
