// Mail between agents, and what an agent can do about others: list them, wait for them, stop them.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { unreadMax } from "../../actors/send_message.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const call = (name: string, args: JsonObject = {}) => ({ name, args });
const bash = (command: string) => call("Bash", { command });
const agent = (prompt: string, more: JsonObject = {}) =>
  call("Agent", { description: "a part", prompt, ...more });
const beside = (name: string, prompt: string) => agent(prompt, { name, background: true });
const ofType = <T extends Fact["type"]>(facts: Fact[], type: T) =>
  facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);
const file = (name: string) => `for i in $(seq 200); do test -e ${name} && exit 0; sleep 0.02; done; exit 1`;
const texts = async (id: string, actor: string) => {
  const called = ofType(await test.facts(id), "model.called").filter((fact) => fact.actor === actor).at(-1);
  const { wire } = await test.runtime.request(id, called?.data.request_id ?? "");
  return JSON.stringify(wire);
};
const mainEnds = (id: string, after = 0) =>
  until(
    "the end of the turn",
    async () =>
      ofType(await test.facts(id), "turn.ended").find(({ actor, seq }) => actor === "main" && seq > after) ??
        null,
  );

it("mail reaches a running agent before its next model call, and its answer reaches whoever wrote", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = script({ calls: [bash(file("go"))] }, {
    calls: [call("SendMessage", { to: "parent", message: "all well" })],
  }, { text: "inner done" });
  await test.turn(
    id,
    script(
      { calls: [beside("scout", inner)] },
      {
        calls: [call("SendMessage", { to: "@scout", message: "look left" }), bash("touch go")],
      },
      { calls: [call("AgentWait", { agents: ["scout"] })] },
      { text: "ok" },
    ),
  );
  const facts = await test.facts(id);
  const [started] = ofType(facts, "agent.started");
  expect(ofType(facts, "team.message_sent").map(({ data }) => [data.from, data.to, data.text])).toEqual([
    ["main", [started?.actor], "look left"],
    ["scout", ["main"], "all well"],
  ]);
  expect(await texts(id, started?.actor ?? "")).toContain(
    '<message from=\\"main\\">\\nlook left\\n</message>',
  );
  await until("the mail to be read", async () => (await texts(id, "main")).includes("all well") || null);
});

it("mail to nobody, to one that has ended and to oneself is an error to the sender, which names who is there", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = script({ calls: [bash(file("go"))] }, { text: "done" });
  const { tool_calls } = await test.turn(
    id,
    script(
      { calls: [agent("help", { name: "early" }), beside("late", waits)] },
      { calls: [call("SendMessage", { to: "nobody", message: "x" })] },
      { calls: [call("SendMessage", { to: "early", message: "x" })] },
      { calls: [call("SendMessage", { to: ["late", "early"], message: "x" })] },
      { calls: [call("SendMessage", { to: "main", message: "x" })] },
      { calls: [call("SendMessage", { to: "parent", message: "x" })] },
      { calls: [bash("touch go")] },
      { text: "ok" },
    ),
  );
  const mails = tool_calls.filter(({ name }) => name === "SendMessage");
  expect(mails.map(({ status }) => status)).toEqual(Array(5).fill("failed"));
  expect(mails[0]?.output).toContain('there is no agent "nobody"; there are late');
  expect(mails[1]?.output).toContain('"early" has ended (finished); there are late');
  expect(mails[2]?.output).toContain('Cannot send the message to "early", nobody got it');
  expect(mails[3]?.output).toContain("it is to nobody but yourself");
  expect(mails[4]?.output).toContain("nobody leads you");
  expect(ofType(await test.facts(id), "team.message_sent")).toEqual([]);
});

it("mail for which there is no room is an error to the sender, and there is room again when it was read", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = (mine: string, other: string) =>
    bash(`touch ${mine}; for i in $(seq 4000); do test -e ${other} && exit 0; sleep 0.02; done; exit 1`);
  const busy = script({ calls: [waits("up", "go")] }, { calls: [waits("read", "more")] }, { text: "done" });
  const letter = (text: string) => call("SendMessage", { to: "busy", message: text });
  await test.turn(id, script({ calls: [beside("busy", busy), waits("main", "up")] }, { text: "ok" }));
  for (let round = 0; round < 10; round++) {
    const large = [1, 2].map((n) => letter(`${round}.${n}`.padEnd(unreadMax.characters / 20, "x")));
    await test.turn(id, script({ calls: large }, { text: "ok" }));
  }
  const { tool_calls } = await test.turn(
    id,
    script(
      { calls: [letter("and this")] },
      { calls: [waits("go", "read")] },
      { calls: [letter("and this"), bash("touch more")] },
      { text: "ok" },
    ),
  );
  expect(tool_calls.map(({ status }) => status)).toEqual(["failed", "finished", "finished", "finished"]);
  const facts = await test.facts(id);
  const [refused] = ofType(facts, "call.failed");
  expect(refused?.data.error).toContain('"busy", nobody got it: too much waits to be read there');
  expect(ofType(facts, "team.message_sent")).toHaveLength(21);
});

it('"@all" is everybody one works with: those one started, or those that have the same leader', async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = script({ calls: [bash(file("go"))] }, { text: "done" });
  const tells = script({ calls: [call("SendMessage", { to: "@all", message: "hello" })] }, {
    calls: [bash("touch told"), bash(file("go"))],
  }, { text: "told" });
  await test.turn(
    id,
    script(
      { calls: [beside("a", waits), beside("b", waits)] },
      { calls: [beside("c", tells)] },
      { calls: [bash(file("told"))] },
      { calls: [call("SendMessage", { to: "*", message: "all of you" })] },
      { calls: [bash("touch go"), call("AgentWait")] },
      { text: "ok" },
    ),
  );
  const facts = await test.facts(id);
  const names = new Map(ofType(facts, "agent.started").map(({ actor, data }) => [actor, data.name]));
  const mails = ofType(facts, "team.message_sent").map(({ data }) =>
    data.to.map((path) => names.get(path)).sort()
  );
  expect(mails).toEqual([["a", "b"], ["a", "b", "c"]]);
});

it("a person writes to any agent by its name and cancels it alone", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = script({ calls: [bash(file("go"))] }, { text: "done" });
  await test.turn(id, script({ calls: [beside("a", waits), beside("b", waits)] }, { text: "ok" }));
  const sent = { type: "message.send", message: "from me", delivery: "steer", to: "@a" } as const;
  await test.runtime.command(id, sent, "me");
  await test.runtime.command(id, { type: "turn.cancel", actor: "b" }, "me");
  await test.fact(id, "agent.stopped");
  await Deno.writeTextFile(join(test.workspace, "go"), "");
  const finished = await test.fact(id, "agent.finished");
  expect(await texts(id, finished.actor)).toContain("from me");
  await expect(test.runtime.command(id, { ...sent, to: "b" }, "me")).rejects.toMatchObject({
    code: "not_found",
  });
});

it("AgentList says who there is and how far, AgentWait waits, AgentStop ends one with all it started", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const sleeps = script({ calls: [bash("echo $$ > pid; sleep 60")] }, { text: "never" });
  const middle = script({ calls: [agent(sleeps)] }, { text: "never" });
  const { tool_calls } = await test.turn(
    id,
    script(
      { calls: [beside("slow", middle), beside("fast", script({ text: "quick" }))] },
      { calls: [call("AgentWait", { agents: ["fast"] }), bash(file("pid"))] },
      { calls: [call("AgentList")] },
      { calls: [call("AgentWait", { timeout_s: 0.1 })] },
      { calls: [call("AgentStop", { agent: "slow", reason: "not needed" })] },
      { calls: [call("AgentWait"), call("AgentStop", { agent: "main" })] },
      { text: "ok" },
    ),
  );
  const said = (name: string) => tool_calls.filter((one) => one.name === name).map(({ output }) => output);
  expect(said("AgentList")[0]).toMatch(/- slow \[main\/agent:\S+\]: acting; a part; \d+ tokens/);
  expect(said("AgentList")[0]).toMatch(/- fast \[main\/agent:\S+\]: finished/);
  expect(said("AgentWait")).toEqual([
    "- fast: finished",
    "Time is up:\n- slow: acting",
    "None of the agents that you started works any more",
  ]);
  expect(said("AgentStop")).toEqual([
    '"slow" is stopped: stopped',
    expect.stringContaining("you did not start it"),
  ]);
  const facts = await test.facts(id);
  expect(ofType(facts, "agent.stopped").map(({ data }) => data.reason)).toContain("cancelled: not needed");
  expect(ofType(facts, "agent.stopped")).toHaveLength(2);
  const pid = Number(await Deno.readTextFile(join(test.workspace, "pid")));
  expect(() => Deno.kill(pid, "SIGCONT")).toThrow();
});

it("an agent stops nobody that it did not start, and waits for nobody that waits for it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = script({ calls: [bash(file("go"))] }, { text: "done" });
  const bold = script({ calls: [call("AgentStop", { agent: "other" })] }, {
    calls: [call("AgentWait", { agents: ["parent"] })],
  }, { text: "tried" });
  await test.turn(
    id,
    script({ calls: [beside("other", waits)] }, { calls: [agent(bold)] }, { calls: [bash("touch go")] }, {
      text: "ok",
    }),
  );
  const errors = ofType(await test.facts(id), "call.failed").map(({ data }) => data.error);
  expect(errors).toEqual([
    expect.stringContaining("you did not start it"),
    'Cannot wait for "main": it waits for you',
  ]);
  await test.fact(id, "agent.finished");
});

it("AgentWait ends early when somebody writes", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const tells = script(
    { calls: [bash(file("waits"))] },
    { calls: [call("SendMessage", { to: "main", message: "still on it" })] },
    { calls: [bash(file("go"))] },
    { text: "done" },
  );
  const turn = test.turn(
    id,
    script(
      { calls: [beside("slow", tells)] },
      { calls: [call("AgentWait")] },
      { calls: [bash("touch go")] },
      { calls: [call("AgentWait")] },
      { text: "ok" },
    ),
  );
  // What was written before it waits, it has read already.
  await until(
    "the wait",
    async () =>
      ofType(await test.facts(id), "call.started").find(({ data }) => data.name === "AgentWait") ?? null,
  );
  await Deno.writeTextFile(join(test.workspace, "waits"), "");
  const waits = (await turn).tool_calls.filter(({ name }) => name === "AgentWait").map(({ output }) =>
    output
  );
  expect(waits[0]).toMatch(/^Somebody wrote to you; not all of them have ended:\n- slow: /);
  await mainEnds(id);
});
