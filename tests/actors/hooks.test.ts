// Hooks in a running session: real programs of the user that may tighten what happens, and whose words reach the model.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { idleSessionsMax } from "../../actors/sessions.ts";
import { createHooks } from "../../src/hooks/hooks.ts";
import type { HookSettings } from "../../src/hooks/settings.ts";
import { openTrustStore } from "../../src/trust/store.ts";
import { runProgram } from "../../tools/external/run_program.ts";
import { sessionHooksMax } from "../../tools/hook.ts";
import { pause, until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
let folder: string | undefined;
afterEach(async () => {
  await test.close();
  if (folder !== undefined) await Deno.remove(folder, { recursive: true });
  folder = undefined;
});

async function open(...settings: HookSettings[]): Promise<TestRuntime> {
  folder = await Deno.makeTempDir({ prefix: "jamey-hooks-" });
  const trust = await openTrustStore(join(folder, "trust.json"));
  const environment = { PATH: Deno.env.get("PATH") ?? "" };
  const hooks = createHooks({ settings, files: [], trust, report: () => {}, environment, runProgram });
  return await openTestRuntime({ hooks });
}

const bash = (command: string) => ({ name: "Bash", args: { command } });
const hookFacts = async (id: string) =>
  (await test.facts(id)).flatMap((fact) => fact.type === "hook.ran" ? [fact.data] : []);

it("C4: a hook refuses a call in every mode, and no hook allows what is refused", async () => {
  const refuse = 'grep -q forbidden && { echo "not this one" >&2; exit 2; } || exit 0';
  const allow = `echo '{"hookSpecificOutput":{"permissionDecision":"allow"}}'`;
  test = await open(
    { event: "PreToolUse", matcher: "Bash", command: refuse },
    { event: "PreToolUse", command: allow },
  );
  const id = await test.session("bypassPermissions");
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [bash("echo forbidden > a.txt"), bash("echo fine")] }, { text: "done" }),
  );
  expect(tool_calls.map(({ status }) => status).sort()).toEqual(["denied", "finished"]);
  expect(JSON.stringify(await test.facts(id))).toContain("a hook refused it: not this one");
  expect([...Deno.readDirSync(test.workspace)]).toEqual([]);
  const planning = await test.session("plan");
  const planned = await test.turn(planning, script({ calls: [bash("echo fine")] }, { text: "done" }));
  expect(planned.tool_calls).toMatchObject([{ status: "denied" }]);
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a hook has a call asked about that would have run unasked", async () => {
  const ask =
    `echo '{"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"look first"}}'`;
  test = await open({ event: "PreToolUse", matcher: "Bash", command: ask });
  const id = await test.session("bypassPermissions");
  await test.send(id, script({ calls: [bash("echo hello")] }, { text: "done" }));
  const asked = await test.fact(id, "call.approval_requested");
  const call_id = asked.type === "call.approval_requested" ? asked.data.call_id : "";
  await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "me");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "completed" });
});

it("a hook that does not answer in time blocks what it gates, and nothing else", async () => {
  test = await open(
    { event: "PreToolUse", matcher: "Bash", command: "sleep 30", timeoutS: 0.3 },
    { event: "Stop", command: "sleep 30", timeoutS: 0.3 },
  );
  const id = await test.session();
  const { outcome, tool_calls } = await test.turn(
    id,
    script({ calls: [bash("echo hello")] }, { text: "done" }),
  );
  expect(outcome).toBe("completed");
  expect(tool_calls).toMatchObject([{ status: "denied" }]);
  await test.fact(id, "hook.ran", (await test.fact(id, "turn.ended")).seq);
  expect((await hookFacts(id)).map(({ event, outcome }) => [event, outcome])).toEqual([
    ["PreToolUse", "timed_out"],
    ["Stop", "timed_out"],
  ]);
});

it("what a hook says after a call reaches the model with its result, also in a rebuilt request", async () => {
  const say = `echo '{"hookSpecificOutput":{"additionalContext":"the linter found 3 problems"}}'`;
  test = await open({ event: "PostToolUse", matcher: "Write", command: say });
  const id = await test.session();
  const write = { name: "Write", args: { file_path: "a.txt", content: "x" } };
  await test.turn(id, script({ calls: [write] }, { text: "done" }));
  const { wire } = await test.runtime.request(id, "last");
  expect(JSON.stringify(wire)).toContain("the linter found 3 problems");
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a message that a hook refuses is not accepted, and one that passes may bring words along", async () => {
  const command = `grep -q secret && { echo "no secrets" >&2; exit 2; } || echo "Today is a good day"`;
  test = await open({ event: "UserPromptSubmit", command });
  const id = await test.session();
  await expect(test.send(id, "tell me a secret")).rejects.toMatchObject({
    code: "forbidden",
    message: expect.stringContaining("no secrets"),
  });
  expect(await test.types(id)).not.toContain("message.received");
  await test.turn(id, "hello");
  expect(JSON.stringify((await test.runtime.request(id, "last")).wire)).toContain("Today is a good day");
});

it("a message to somebody who is not there is refused before any hook hears of it", async () => {
  test = await open({ event: "UserPromptSubmit", command: "exit 2" });
  const id = await test.session();
  const message = { type: "message.send", message: "hello", delivery: "queue", to: "nobody" } as const;
  await expect(test.runtime.command(id, message, "me")).rejects.toMatchObject({ code: "not_found" });
  expect(await hookFacts(id)).toEqual([]);
});

it("a Stop hook sends the agent back to work, three times at most until a person says something", async () => {
  test = await open({ event: "Stop", command: 'echo "the tests were not run" >&2; exit 2' });
  const id = await test.session();
  await test.turn(id, "hello");
  let last = 0;
  for (let turn = 0; turn < 4; turn++) last = (await test.fact(id, "turn.ended", last)).seq;
  await test.fact(id, "hook.ran", last);
  const ends = (await test.types(id)).filter((type) => type === "turn.ended");
  expect(ends).toHaveLength(4);
  expect((await test.runtime.view(id)).state.summary.status).toBe("idle");
});

it("a folder's hooks run nothing before a person has approved this very text", async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-hooks-" });
  const trust = await openTrustStore(join(folder, "trust.json"));
  const environment = { PATH: Deno.env.get("PATH") ?? "" };
  const hooks = createHooks({ settings: [], files: [], trust, report: () => {}, environment, runProgram });
  test = await openTestRuntime({
    hooks,
    outside: {
      store: trust,
      items: (workspace) => Promise.resolve(hooks.items(workspace)),
      approved: () => Promise.resolve(),
      withdrawn: () => Promise.resolve(),
    },
  });
  const mark = join(folder, "ran");
  await Deno.mkdir(join(test.workspace, ".claude"));
  const file = join(test.workspace, ".claude", "settings.json");
  const text = (more: string) =>
    JSON.stringify({
      hooks: {
        PreToolUse: [{
          matcher: "Bash",
          hooks: [{ type: "command", command: `echo ran >> ${mark}${more}` }],
        }],
      },
    });
  await Deno.writeTextFile(file, text(""));
  const id = await test.session();
  const run = () => test.turn(id, script({ calls: [bash(`echo ${Math.random()}`)] }, { text: "done" }));
  const ran = async () => (await Deno.readTextFile(mark).catch(() => "")).split("\n").length - 1;
  await run();
  expect(await ran()).toBe(0);
  const shown = await test.runtime.outside(test.workspace);
  expect(shown).toMatchObject([{ kind: "hook", standing: "unknown" }]);
  await expect(test.runtime.trust(test.workspace, "another digest")).rejects.toMatchObject({
    code: "conflict",
  });
  const { outsideDigest } = await import("../../actors/outside.ts");
  expect(await test.runtime.trust(test.workspace, outsideDigest(shown))).toMatchObject([{
    standing: "approved",
  }]);
  await run();
  expect(await ran()).toBe(1);
  await Deno.writeTextFile(file, text(" "));
  // Its gate does not open by that: until a person has looked, every call is asked about.
  await test.send(id, script({ calls: [bash("echo changed")] }, { text: "done" }));
  await test.fact(id, "call.approval_requested");
  expect(await ran()).toBe(1);
  expect(await test.runtime.outside(test.workspace)).toMatchObject([{ standing: "changed" }]);
});

it("what a hook objects to after a call reaches the model with its result", async () => {
  test = await open({ event: "PostToolUse", command: 'echo "that broke the build" >&2; exit 2' });
  const id = await test.session();
  await test.turn(id, script({ calls: [bash("echo hello")] }, { text: "done" }));
  const { wire } = await test.runtime.request(id, "last");
  expect(JSON.stringify(wire).includes("that broke the build")).toBe(true);
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a call whose hook was cut short by a cancel was interrupted, and nobody refused it", async () => {
  test = await open({ event: "PreToolUse", command: "touch heard; sleep 30" });
  const id = await test.session();
  await test.send(id, script({ calls: [bash("echo hello > ran")] }, { text: "never" }));
  await until("the hook", () => Deno.stat(join(test.workspace, "heard")).then(() => true, () => null));
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await test.fact(id, "turn.ended");
  const types = await test.types(id);
  expect([types.includes("call.interrupted"), types.includes("call.denied")]).toEqual([true, false]);
});

it("a Stop hook that takes its time is heard, also when its session would have been put away meanwhile", async () => {
  test = await open({ event: "Stop", command: 'sleep 3; echo "the tests fail" >&2; exit 2' });
  const id = await test.session();
  await test.turn(id, "hello");
  const { seq: ended } = await test.fact(id, "turn.ended");
  for (let other = 0; other <= idleSessionsMax; other++) await test.session();
  // The list opens no session.
  await until("the verdict and its message", async () => {
    await pause(50);
    const { sessions } = await test.runtime.list({ limit: 100 });
    return sessions.some(({ session_id, seq }) => session_id === id && seq >= ended + 2) || null;
  });
  const said = await test.fact(id, "message.received", ended);
  expect(JSON.stringify(said.data).includes("the tests fail")).toBe(true);
});

it("an agent adds a hook only with a person's consent, and then it holds for the session, its forks and restarts", async () => {
  test = await open();
  const id = await test.session("bypassPermissions");
  const hook = {
    name: "Hook",
    args: { event: "PreToolUse", matcher: "Bash", command: 'echo "no shell here" >&2; exit 2' },
  };
  await test.send(id, script({ calls: [hook] }, { calls: [bash("echo hello")] }, { text: "done" }));
  const asked = await test.fact(id, "call.approval_requested");
  expect(asked.data).toMatchObject({ name: "Hook", prompt: expect.stringContaining("no shell here") });
  const call_id = asked.type === "call.approval_requested" ? asked.data.call_id : "";
  await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "me");
  expect((await test.fact(id, "call.denied")).data).toMatchObject({
    reason: expect.stringContaining("no shell here"),
  });
  await test.fact(id, "turn.ended");
  const fork = (await test.runtime.fork(id)).session_id;
  const denied = await test.turn(fork, script({ calls: [bash("echo again")] }, { text: "done" }));
  expect(denied.tool_calls).toMatchObject([{ status: "denied" }]);
  const other = await test.session();
  const free = await test.turn(other, script({ calls: [bash("echo other")] }, { text: "done" }));
  expect(free.tool_calls).toMatchObject([{ status: "finished" }]);
});

it("a session takes a stated number of hooks, and one more is refused in words", async () => {
  test = await open();
  const id = await test.session();
  const calls = Array.from({ length: sessionHooksMax + 1 }, (_, n) => ({
    name: "Hook",
    args: { event: "SessionEnd", command: `echo ${n}` },
  }));
  await test.send(id, script(...calls.map((call) => ({ calls: [call] })), { text: "done" }));
  let seq = 0;
  for (const _ of calls) {
    const asked = await test.fact(id, "call.approval_requested", seq);
    seq = asked.seq;
    const call_id = asked.type === "call.approval_requested" ? asked.data.call_id : "";
    await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "me");
  }
  await test.fact(id, "turn.ended");
  const types = await test.types(id);
  expect(types.filter((type) => type === "hook.registered")).toHaveLength(sessionHooksMax);
  expect((await test.fact(id, "call.failed")).data).toMatchObject({
    error: expect.stringContaining(`has ${sessionHooksMax} already`),
  });
});
