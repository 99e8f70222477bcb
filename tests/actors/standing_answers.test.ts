// How far an answer reaches: this one call, the session, or as a rule of the user's the folder, in every session.
import { afterEach, beforeEach, expect, it } from "vitest";
import { join } from "node:path";
import type { ApprovalDecision } from "../../src/protocol/facts.ts";
import { openStoreDesk, type StoreDesk } from "../permission/store_desk.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { until } from "../support/daemon.ts";

let desk: StoreDesk;
let test: TestRuntime;
beforeEach(async () => {
  desk = await openStoreDesk();
  test = await openTestRuntime({ rules: await desk.open() });
});
afterEach(async () => {
  await test.close();
  await desk.close();
});

const bash = (command: string) => ({ name: "Bash", args: { command } });
const answer = (id: string, decision: ApprovalDecision, client?: string) =>
  test.runtime.command(id, { type: "call.answer", call_id: "c2-1", decision }, "me", client);
const rulesOf = async (workspace: string) =>
  (await test.runtime.permissions({ workspace })).rules.map(({ action, text }) => `${action} ${text}`);
const asks = async (id: string) =>
  (await test.types(id)).filter((one) => one === "call.approval_requested").length;

/** A session in the default mode whose model calls these one after the other; the first has been asked about. */
async function asked(...calls: { name: string; args: Record<string, string> }[]): Promise<string> {
  const id = await test.session("default");
  await test.send(id, script(...calls.map((one) => ({ calls: [one] })), { text: "done" }));
  await test.fact(id, "call.approval_requested");
  return id;
}

it("always is a rule for the folder: on disk, in force in other sessions, and named by the fact", async () => {
  const id = await asked(bash("touch one"));
  expect(await test.runtime.approvals(id)).toMatchObject([{
    rule: "Bash(touch one)",
    grant: "Bash(touch one)",
  }]);
  await answer(id, "allow_always");
  await test.fact(id, "turn.ended");
  expect((await test.fact(id, "call.approved")).data).toMatchObject({
    decision: "allow_always",
    rule: "Bash(touch one)",
    grant: "Bash(touch one)",
  });
  expect(JSON.parse(await Deno.readTextFile(desk.answers))).toMatchObject({
    rules: [{ action: "allow", text: "Bash(touch one)", workspace: test.workspace }],
  });
  const other = await test.session("default");
  await test.turn(other, script({ calls: [bash("touch one")] }, { text: "done" }));
  expect(await asks(other)).toBe(0);
  const elsewhere = await Deno.makeTempDir();
  expect(await rulesOf(elsewhere)).toEqual([]);
  await Deno.remove(elsewhere);
});

it("a refusal for always denies the call in other sessions and in every mode", async () => {
  const id = await asked(bash("touch two"));
  await answer(id, "reject_always");
  await test.fact(id, "turn.ended");
  const other = await test.session("bypassPermissions");
  const result = await test.turn(other, script({ calls: [bash("touch two")] }, { text: "done" }));
  expect(result.tool_calls).toMatchObject([{
    status: "denied",
    output: expect.stringContaining("Bash(touch two)"),
  }]);
  await expect(Deno.stat(join(test.workspace, "two"))).rejects.toThrow();
});

it("an answer for the session leaves no rule and asks again in another session", async () => {
  const id = await asked(bash("touch three"), bash("touch three"));
  await answer(id, "allow_session");
  await test.fact(id, "turn.ended");
  expect(await asks(id)).toBe(1);
  expect(await rulesOf(test.workspace)).toEqual([]);
  await asked(bash("touch three"));
});

it("an answer for once covers nothing else", async () => {
  const id = await asked(bash("touch four"), bash("touch four"));
  await answer(id, "allow_once");
  await until("the second question", async () => await asks(id) === 2 || null);
  const approved = await test.fact(id, "call.approved");
  expect(approved.data).not.toHaveProperty("grant");
  expect(approved.data).not.toHaveProperty("rule");
});

it("a command that a rule would widen can be allowed for the session, but not for always", async () => {
  const id = await asked(bash("ls *"), bash("ls *"));
  expect((await test.runtime.approvals(id))[0]).not.toHaveProperty("rule");
  await expect(answer(id, "allow_always")).rejects.toMatchObject({ code: "conflict" });
  await expect(answer(id, "reject_always")).rejects.toMatchObject({ code: "conflict" });
  expect(await rulesOf(test.workspace)).toEqual([]);
  await answer(id, "allow_session");
  await test.fact(id, "turn.ended");
  expect(await asks(id)).toBe(1);
});

it.each([
  ["a plan", "plan" as const, { name: "ExitPlanMode", args: { plan: "Go" } }],
  ["what destroys beyond repair", "default" as const, bash("rm -rf /")],
])("%s is answered once: a standing answer is refused and changes nothing", async (_, mode, call) => {
  const id = await test.session(mode);
  await test.send(id, script({ calls: [call] }, { text: "done" }));
  await test.fact(id, "call.approval_requested");
  const [approval] = await test.runtime.approvals(id);
  expect(approval).not.toHaveProperty("rule");
  expect(approval).not.toHaveProperty("grant");
  for (const decision of ["allow_session", "allow_always", "reject_always"] as const) {
    await expect(answer(id, decision)).rejects.toMatchObject({ code: "conflict" });
  }
  expect(await test.runtime.approvals(id)).toHaveLength(1);
  expect(await rulesOf(test.workspace)).toEqual([]);
  await answer(id, "reject_once");
  await test.fact(id, "call.denied");
});

it("an answer that comes too late leaves no rule behind", async () => {
  const id = await asked(bash("true"));
  const [first, second] = await Promise.allSettled([answer(id, "allow_once"), answer(id, "reject_always")]);
  expect(first.status).toBe("fulfilled");
  expect(second).toMatchObject({ status: "rejected", reason: { code: "conflict" } });
  expect(await rulesOf(test.workspace)).toEqual([]);
});

it("a rule that cannot be written allows nothing", async () => {
  const id = await asked(bash("touch five"));
  await Deno.mkdir(desk.answers, { recursive: true });
  await expect(answer(id, "allow_always")).rejects.toThrow();
  expect(await test.runtime.approvals(id)).toHaveLength(1);
  expect(await test.types(id)).not.toContain("call.approved");
});

it("facts say through which program a person answered", async () => {
  const id = await asked(bash("true"));
  await answer(id, "allow_once", "jamey-approve/1.0");
  expect((await test.fact(id, "call.approved")).data).toMatchObject({
    by: "me",
    client: "jamey-approve/1.0",
  });
  const mode = { type: "session.set_mode", permission_mode: "plan" } as const;
  await test.runtime.command(id, mode, "me", "jamey-chat/1.0");
  expect((await test.fact(id, "session.mode_changed")).data).toMatchObject({ client: "jamey-chat/1.0" });
});

it("what waited through a restart is answered for always as before it", async () => {
  const id = await asked(bash("touch six"));
  await test.restart({ rules: await desk.open() });
  expect(await test.runtime.approvals(id)).toMatchObject([{ rule: "Bash(touch six)" }]);
  await answer(id, "allow_always");
  await test.fact(id, "turn.ended");
  expect(await rulesOf(test.workspace)).toEqual(["allow Bash(touch six)"]);
});
