import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PermissionRules, RuleSet } from "../../src/permission/contract.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test_: TestRuntime;
afterEach(() => test_.close());

/** A store that says the same of every folder. */
function said(set: Partial<RuleSet>): PermissionRules {
  return {
    of: () => Promise.resolve({ rules: [], problems: [], ...set }),
    add: () => Promise.resolve(),
    remove: () => Promise.resolve(false),
  };
}
const write = (path: string) =>
  script({ calls: [{ name: "Write", args: { file_path: path, content: "x" } }] }, { text: "done" });
const modeOf = async (session: string) => (await test_.runtime.view(session)).state.summary.permission_mode;
const create = (more: object = {}) =>
  test_.runtime.create({ workspace: test_.workspace, add_dirs: [], agent_mode: "single", ...more });

describe("rules of one session", () => {
  beforeEach(async () => void (test_ = await openTestRuntime()));
  const setRules = (session: string, allow: string[], deny: string[]) =>
    test_.runtime.command(session, { type: "session.set_rules", allow, deny }, "tester");

  test("a refusal that was given for a session holds in every mode, an allowance answers for the person", async () => {
    const session = await test_.session("bypassPermissions");
    await setRules(session, [], ["Write"]);
    const { tool_calls } = await test_.turn(session, write("a.txt"));
    expect(tool_calls[0]).toMatchObject({ status: "denied" });
    expect(tool_calls[0]?.output).toContain('"Write" (given for this session)');
    const other = await test_.session("default");
    await setRules(other, ["Write"], []);
    expect((await test_.turn(other, write("b.txt"))).tool_calls[0]).toMatchObject({ status: "finished" });
  });

  test("a question that was given for a session is asked, whatever else allows", async () => {
    const session = await test_.session("acceptEdits");
    const rules = { allow: ["Write"], ask: ["Write(*.txt)"], deny: [] };
    await test_.runtime.command(session, { type: "session.set_rules", ...rules }, "tester");
    expect((await test_.turn(session, write("a.md"))).tool_calls[0]).toMatchObject({ status: "finished" });
    await test_.send(session, write("a.txt"));
    await test_.fact(session, "call.approval_requested");
    const [asked] = await test_.runtime.approvals(session);
    expect(asked?.reason).toContain('"Write(*.txt)" (given for this session)');
  });

  test("they replace those given before, and are there after a restart", async () => {
    const session = await test_.session("bypassPermissions");
    await setRules(session, [], ["Write"]);
    await setRules(session, [], ["WebFetch"]);
    await test_.restart();
    expect((await test_.turn(session, write("a.txt"))).tool_calls[0]).toMatchObject({ status: "finished" });
    await setRules(session, [], ["Write"]);
    await test_.restart();
    expect((await test_.turn(session, write("b.txt"))).tool_calls[0]).toMatchObject({ status: "denied" });
  });

  test("a text that is no rule is refused, and nothing is set", async () => {
    const session = await test_.session();
    await expect(setRules(session, ["Write"], ["Bash("])).rejects.toMatchObject({ code: "bad_request" });
    expect(await test_.types(session)).not.toContain("session.rules_set");
  });
});

describe("the mode of new sessions", () => {
  test("is the one that the configuration gives, unless the client names one", async () => {
    test_ = await openTestRuntime({ permissionMode: "acceptEdits" });
    expect(await modeOf((await create()).session_id)).toBe("acceptEdits");
    expect(await modeOf((await create({ permission_mode: "plan" })).session_id)).toBe("plan");
  });

  test("is default when nothing is configured", async () => {
    test_ = await openTestRuntime();
    expect(await modeOf((await create()).session_id)).toBe("default");
  });
});

test("where whoever manages the machine wants it so, nobody gets bypassPermissions, also who had it before", async () => {
  test_ = await openTestRuntime();
  const session = await test_.session("bypassPermissions");
  await test_.restart({ rules: said({ bypassDisabled: true }) });
  await expect(create({ permission_mode: "bypassPermissions" })).rejects.toMatchObject({ code: "forbidden" });
  const other = (await create()).session_id;
  const command = { type: "session.set_mode", permission_mode: "bypassPermissions" } as const;
  await expect(test_.runtime.command(other, command, "tester")).rejects.toMatchObject({ code: "forbidden" });
  await test_.send(session, write("a.txt"));
  await test_.fact(session, "call.approval_requested");
});
