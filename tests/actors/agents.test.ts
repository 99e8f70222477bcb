// Sub-agents through the whole runtime: what they are made from, what binds them, their limits, their ends.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { AgentDefinition } from "../../src/context/agent_definitions.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { RuntimeOptions } from "../../actors/runtime_options.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });
const agent = (prompt: string, more: JsonObject = {}) => ({
  name: "Agent",
  args: { description: "a part", prompt, ...more },
});
const define = (given: Partial<AgentDefinition> & { name: string }): AgentDefinition => ({
  description: `About ${given.name}`,
  source: "workspace",
  path: `/x/${given.name}.md`,
  instructions: "",
  ...given,
});
const withAgents = (...agents: AgentDefinition[]): Partial<RuntimeOptions> => {
  const set = { agents, broken: [{ path: "/x/torn.md", why: "its head is not valid YAML" }] };
  return { agents: () => Promise.resolve(set) };
};
const ofType = <T extends Fact["type"]>(facts: Fact[], type: T) =>
  facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);

it("the result of an Agent call is the agent's last message and what it used", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [agent(script({ calls: [bash("echo x")] }, { text: "inner words" }))] }, { text: "ok" }),
  );
  expect(tool_calls[0]).toMatchObject({ name: "Agent", status: "finished" });
  expect(tool_calls[0]?.output).toMatch(
    /^inner words\n\n\[usage: \d+ tokens in, \d+ out, \$0\.0000, 2 model calls, \d+\.\d s\]$/,
  );
  const [end] = ofType(await test.facts(id), "agent.finished");
  expect(end?.data.usage).toMatchObject({ model_calls: 2, input_tokens: expect.any(Number) });
});

it("several Agent calls of one answer work at the same time", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const meet = (own: string, other: string) =>
    script({
      calls: [
        bash(`touch ${own}; for i in $(seq 100); do test -e ${other} && exit 0; sleep 0.05; done; exit 1`),
      ],
    }, { text: "met" });
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [agent(meet("a", "b")), agent(meet("b", "a"))] }, { text: "ok" }),
  );
  expect(tool_calls.map(({ status }) => status)).toEqual(["finished", "finished"]);
  const facts = await test.facts(id);
  expect(ofType(facts, "call.failed")).toEqual([]);
});

it("a definition gives an agent its words and only what it leaves it, and a model is told which there are", async () => {
  const reader = define({ name: "reader", tools: ["Read"], instructions: "Only ever read." });
  test = await openTestRuntime(withAgents(reader));
  const id = await test.session();
  const inner = script({ calls: [bash("touch forbidden")] }, { text: "tried" });
  await test.turn(id, script({ calls: [agent(inner, { subagent_type: "reader" })] }, { text: "ok" }));
  const facts = await test.facts(id);
  const [started] = ofType(facts, "agent.started");
  expect(started?.data).toMatchObject({
    definition: "reader",
    tools: ["Read"],
    instructions: "Only ever read.",
  });
  const [failed] = ofType(facts, "call.failed");
  expect(failed?.data.error).toBe('Unknown tool "Bash": there are Read');
  await expect(Deno.stat(join(test.workspace, "forbidden"))).rejects.toThrow();
  const calls = ofType(facts, "model.called");
  const outer = await test.runtime.request(id, calls[0]?.data.request_id ?? "");
  expect(JSON.stringify(outer.wire)).toContain("- reader: About reader (has only Read)");
  const within = await test.runtime.request(
    id,
    calls.find(({ actor }) => actor !== "main")?.data.request_id ?? "",
  );
  expect(JSON.stringify(within.wire)).toContain("Only ever read.");
  expect(within.wire.tools).toMatchObject([{ name: "Read" }]);
});

it("an agent below one without a tool has it neither, whatever it was given", async () => {
  test = await openTestRuntime(withAgents(define({ name: "starter", disallowed_tools: ["Bash"] })));
  const id = await test.session();
  const deepest = script({ calls: [bash("touch forbidden")] }, { text: "tried" });
  const middle = script({ calls: [agent(deepest)] }, { text: "middle" });
  await test.turn(id, script({ calls: [agent(middle, { subagent_type: "starter" })] }, { text: "ok" }));
  const [failed] = ofType(await test.facts(id), "call.failed");
  expect(failed?.actor).toMatch(/^main\/agent:[^/]+\/agent:/);
  expect(failed?.data.error).toContain('Unknown tool "Bash"');
  await expect(Deno.stat(join(test.workspace, "forbidden"))).rejects.toThrow();
});

it("the stricter mode holds at every depth, and a definition never gets a freer one", async () => {
  test = await openTestRuntime(
    withAgents(
      define({ name: "planner", permission_mode: "plan" }),
      define({ name: "free", permission_mode: "bypassPermissions" }),
    ),
  );
  const id = await test.session();
  const deepest = script({ calls: [bash("touch forbidden")] }, { text: "tried" });
  const middle = script({ calls: [agent(deepest, { subagent_type: "free" })] }, { text: "middle" });
  await test.turn(id, script({ calls: [agent(middle, { subagent_type: "planner" })] }, { text: "ok" }));
  const [denied] = ofType(await test.facts(id), "call.denied");
  expect(denied).toMatchObject({ data: { name: "Bash", by: "policy" } });
  expect(denied?.actor.split("/agent:")).toHaveLength(3);
  const strict = await test.session("default");
  await test.send(strict, script({ calls: [agent(deepest, { subagent_type: "free" })] }, { text: "ok" }));
  const asked = await test.fact(strict, "call.approval_requested");
  expect(asked.data).toMatchObject({ name: "Bash" });
  await test.runtime.command(strict, { type: "turn.cancel" }, "me");
  await test.fact(strict, "turn.ended");
  await expect(Deno.stat(join(test.workspace, "forbidden"))).rejects.toThrow();
});

it("what is not there is said to the model, with what there is", async () => {
  test = await openTestRuntime(withAgents(define({ name: "reader" })));
  const id = await test.session();
  const { tool_calls } = await test.turn(
    id,
    script({
      calls: [
        agent("x", { subagent_type: "writer" }),
        agent("x", { subagent_type: "torn" }),
        agent("x", { tools: ["Nope"] }),
        agent("x", { name: "parent" }),
        agent("x", { max_turns: 0 }),
      ],
    }, { text: "ok" }),
  );
  const said = tool_calls.map(({ output }) => output).join("\n");
  expect(said).toContain('there is no agent "writer", there are general-purpose, reader');
  expect(said).toContain('the definition of "torn" is wrong: its head is not valid YAML');
  expect(said).toContain('you have no tool "Nope" to give it');
  expect(said).toContain('"parent" always means somebody else');
  expect(said).toContain("max_turns");
  expect(tool_calls.every(({ status }) => status === "failed")).toBe(true);
  expect(ofType(await test.facts(id), "agent.started")).toEqual([]);
});

it("agents start agents down to the depth that is set, and the last is told why it cannot", async () => {
  test = await openTestRuntime({ agentLimits: { depth: 3 } });
  const id = await test.session();
  let prompt = script({ text: "never" });
  for (let level = 0; level < 4; level++) {
    prompt = script({ calls: [agent(prompt)] }, { text: `level ${level}` });
  }
  await test.turn(id, prompt);
  const facts = await test.facts(id);
  expect(ofType(facts, "agent.started").map(({ actor }) => actor.split("/agent:").length - 1)).toEqual([
    1,
    2,
    3,
  ]);
  const [failed] = ofType(facts, "call.failed");
  expect(failed?.data.error).toContain("no sub-agents can be started at 3 levels below the main agent");
  expect(ofType(facts, "agent.finished")).toHaveLength(3);
});

it("no more agents work at once and in all than is set, also when many calls come together", async () => {
  test = await openTestRuntime({ agentLimits: { atOnce: 2, total: 3 } });
  const id = await test.session();
  const nap = script({ calls: [bash("sleep 0.3")] }, { text: "slept" });
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [agent(nap), agent(nap), agent(nap), agent(nap)] }, {
      calls: [agent("help"), agent("help")],
    }, { text: "ok" }),
  );
  const ends = tool_calls.map(({ status }) => status);
  expect(ends.slice(0, 4).filter((end) => end === "finished")).toHaveLength(2);
  expect(ends.slice(4).filter((end) => end === "finished")).toHaveLength(1);
  const said = tool_calls.filter(({ status }) => status === "failed").map(({ output }) => output).join("\n");
  expect(said).toContain("2 sub-agents work already, which is the limit");
  expect(said).toContain("this session has had 3 sub-agents, which is the limit");
});

it("a background agent lets its call end at once, and its end wakes whoever started it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = script({ calls: [bash("sleep 0.2")] }, { text: "found it" });
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [agent(inner, { background: true, name: "scout" })] }, { text: "meanwhile" }),
  );
  expect(tool_calls[0]).toMatchObject({
    status: "finished",
    output: expect.stringContaining('Agent "scout" works in the background'),
  });
  const ended = await test.fact(id, "agent.finished");
  await until("the turn that its end begins", async () => {
    const turns = ofType(await test.facts(id), "turn.ended").filter(({ actor, seq }) =>
      actor === "main" && seq > ended.seq
    );
    return turns[0] ?? null;
  });
  const { conversation } = await test.runtime.view(id);
  const notes = conversation.filter((message) =>
    message.role === "user" && message.text.startsWith("<note>")
  );
  expect(notes).toMatchObject([{
    text: expect.stringMatching(/^<note>\nAgent "scout" has finished:\nfound it\n\n\[usage: /),
  }]);
});

it("a cancel while the main agent is idle ends agents in the background, those of ended agents too", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const deep = script({ calls: [bash("echo $$ > deep; sleep 60")] }, { text: "never" });
  const middle = script({ calls: [agent(deep, { background: true })] }, { text: "middle ends" });
  await test.turn(id, script({ calls: [agent(middle)] }, { text: "ok" }));
  await until("the command", () => Deno.readTextFile(join(test.workspace, "deep")).catch(() => null));
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  const stopped = await test.fact(id, "agent.stopped");
  expect(stopped.actor.split("/agent:")).toHaveLength(3);
  await expect(test.runtime.command(id, { type: "turn.cancel" }, "me")).rejects.toMatchObject({
    code: "conflict",
  });
});

it("a cancelled turn takes the background agents of agents that have ended along", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const deep = script({ calls: [bash("echo $$ > deep; sleep 60")] }, { text: "never" });
  const middle = script({ calls: [agent(deep, { background: true })] }, { text: "middle ends" });
  await test.send(id, script({ calls: [agent(middle)] }, { calls: [bash("sleep 60")] }, { text: "never" }));
  await until("the command", () => Deno.readTextFile(join(test.workspace, "deep")).catch(() => null));
  await test.fact(id, "agent.finished");
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  expect((await test.fact(id, "agent.stopped")).actor.split("/agent:")).toHaveLength(3);
});

it("a stopped agent begins no other turn because of what waited for it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = script({ calls: [bash("touch begun; sleep 60")] }, { text: "never" });
  await test.send(id, script({ calls: [agent(inner, { name: "scout" })] }, { text: "never" }));
  await until("the command", () => Deno.stat(join(test.workspace, "begun")).catch(() => null));
  const sent = { type: "message.send", message: "list files", delivery: "steer", to: "scout" } as const;
  await test.runtime.command(id, sent, "me");
  await test.runtime.command(id, { ...sent, delivery: "queue" }, "me");
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await until(
    "the end of the turn",
    async () => ofType(await test.facts(id), "turn.ended").find(({ actor }) => actor === "main") ?? null,
  );
  const facts = await test.facts(id);
  expect(ofType(facts, "agent.stopped")).toHaveLength(1);
  expect(ofType(facts, "model.called").filter(({ actor }) => actor !== "main")).toHaveLength(1);
});

it("an agent that reaches its model calls ends with that, and has no more of them for later messages", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = script({ calls: [bash("true")] }, { calls: [bash("true")] }, { text: "never" });
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [agent(inner, { max_turns: 2 })] }, { text: "ok" }),
  );
  expect(tool_calls[0]).toMatchObject({
    status: "failed",
    output: expect.stringMatching(/it reached its limit of model calls[\s\S]*2 model calls/),
  });
});
