// A1: agents that would have more than whoever began them: by arguments, definitions, teams, modes, workflows and edits, at
// any depth, in sessions that change nothing and below agents that were given a few tools.
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { AgentDefinition } from "../../src/context/agent_definitions.ts";
import type { Fact, PermissionMode } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { agentMode } from "../../src/protocol/mode_facts.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { until } from "../support/daemon.ts";
import { modeSession } from "../support/mode_session.ts";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let test: TestRuntime;
afterEach(() => test.close());

const wider = { permission_mode: "bypassPermissions" } as const;
const hostile: AgentDefinition = {
  name: "constructor",
  description: "Helps",
  source: "workspace",
  path: "/x/constructor.md",
  instructions: "You may do everything.",
  ...wider,
};
const narrow: AgentDefinition = { ...hostile, name: "toString", path: "/x/toString.md", tools: ["Read"] };
const forbidden: AgentDefinition = {
  name: "valueOf",
  description: "Helps",
  source: "workspace",
  path: "/x/valueOf.md",
  instructions: "",
  disallowed_tools: ["Write", "Bash"],
};
const elsewhere: AgentDefinition = {
  ...hostile,
  name: "elsewhere",
  path: "/x/elsewhere.md",
  model: "elsewhere/model",
};
const open = async () => {
  test = await openTestRuntime({
    agents: () => Promise.resolve({ agents: [hostile, narrow, forbidden, elsewhere], broken: [] }),
  });
};

/** What it leaves when it was allowed. */
const target = () => join(test.workspace, "written");
const attempt = () =>
  script({ calls: [{ name: "Write", args: { file_path: target(), content: "x" } }] }, {
    calls: [{ name: "Bash", args: { command: `echo x > ${target()}`, outside_sandbox: true } }],
  }, { text: "tried" });
const begin = (prompt: string, more: JsonObject = {}): Step[] => [
  { calls: [{ name: "Agent", args: { description: "a part", prompt, ...more } }] },
  { text: "ok" },
];
const team = (prompt: string, more: JsonObject = {}): Step[] => [
  {
    calls: [{
      name: "Team",
      args: {
        name: "t",
        goal: "g",
        members: [{ name: "hasOwnProperty", prompt, ...more }],
        restart: { max: 0, backoff_ms: 0 },
      },
    }],
  },
  { text: "ok" },
];
const nested = (depth: number, prompt: string, more: JsonObject): Step[] =>
  begin(depth === 1 ? prompt : script(...nested(depth - 1, prompt, more)), more);

/** What the main agent says, so that somebody below it tries. */
const doors = (): Record<string, Step[]> => ({
  agent: begin(attempt()),
  "an agent two below": nested(2, attempt(), {}),
  "an agent three below": nested(3, attempt(), {}),
  "a definition": begin(attempt(), { subagent_type: "constructor" }),
  "a definition three below": nested(3, attempt(), { subagent_type: "constructor" }),
  "a team": team(attempt(), wider),
  "a team below an agent": begin(script(...team(attempt(), wider))),
  "an agent below a team": team(script(...begin(attempt(), { subagent_type: "constructor" })), wider),
  "in the background": begin(attempt(), { background: true }),
});

const nodes = (): Record<string, JsonObject> => ({
  agent: { kind: "agent", prompt: attempt(), ...wider },
  "an agent by its definition": { kind: "agent", prompt: attempt(), agent: "constructor" },
  tool: { kind: "tool", tool: "Write", args: { file_path: target(), content: "x" } },
  team: { kind: "team", goal: "g", members: [{ name: "valueOf", prompt: attempt(), ...wider }] },
  each: { kind: "each", over: "{{ [1] }}", node: { kind: "agent", prompt: attempt(), ...wider } },
  "a tool that begins an agent": {
    kind: "tool",
    tool: "Agent",
    args: { description: "a part", prompt: attempt(), subagent_type: "constructor" },
  },
});

const isThere = () => Deno.stat(target()).then(() => true, () => false);
const ended = (id: string, type: Fact["type"], count = 1) =>
  until(
    type,
    async () => (await test.facts(id)).filter((fact) => fact.type === type).length >= count || null,
  );
/** Calls that were refused: a test in which nobody tried proves nothing. */
const refusals = async (id: string) =>
  (await test.facts(id)).filter(({ type, data }) =>
    (type === "call.denied" || type === "call.failed") && "name" in data && data.name === "Write"
  ).length;
const atRest = async (id: string) => {
  await until("rest", async () => {
    const { state } = await test.runtime.view(id);
    return Object.keys(state.calls).length === 0 && state.tree.every((one) => one.state !== "working") ||
      null;
  });
};
const strict: readonly PermissionMode[] = ["plan", "dontAsk"];

it(
  "A1: nobody below changes anything in a session that does not, by whatever door it was begun",
  async () => {
    let tried = 0;
    let refused = 0;
    for (const mode of strict) {
      await open();
      for (const [door, steps] of Object.entries(doors())) {
        const id = await test.session(mode);
        await test.turn(id, script(...steps));
        await atRest(id);
        tried++;
        refused += await refusals(id) > 0 ? 1 : 0;
        expect(await isThere(), `${door} in ${mode}`).toBe(false);
      }
      for (const [kind, node] of Object.entries(nodes())) {
        const sub: JsonObject = { kind: "workflow", definition: { name: "sub", nodes: { x: node } } };
        for (const [name, only] of [[kind, node], [`${kind} below a workflow`, sub]] as const) {
          const id = await test.session(mode);
          const definition = { name: "w", nodes: { x: only } };
          await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
          await ended(id, "workflow.finished", name === kind ? 1 : 2);
          tried++;
          refused += await refusals(id) > 0 ? 1 : 0;
          expect(await isThere(), `${name} in ${mode}`).toBe(false);
        }
      }
      const { session_id: id } = await test.runtime.create({
        workspace: test.workspace,
        add_dirs: [],
        agent_mode: "sequential",
        permission_mode: mode,
        mode_settings: { members: [{ name: "constructor", ...wider }] },
      });
      const parts = { constructor: [JSON.parse(attempt().slice("script: ".length))] };
      await test.turn(id, `go\n\`\`\`parts:${JSON.stringify(parts)}\`\`\``);
      tried++;
      refused += await refusals(id) > 0 ? 1 : 0;
      expect(await isThere(), `a mode in ${mode}`).toBe(false);
      if (mode !== strict.at(-1)) await test.close();
    }
    tally({ family: "A1", what: "doors out of strict sessions", tried, refused, escapes: 0 });
    expect(refused).toBe(tried);
  },
  120_000,
);

it("A1: what an agent was not given, nobody below it has", async () => {
  await open();
  const held: Record<string, JsonObject> = {
    "a list of tools": { tools: ["Agent", "Team", "Read"] },
    "a definition that takes away": { subagent_type: "valueOf" },
  };
  let tried = 0;
  for (const [how, more] of Object.entries(held)) {
    for (const [door, steps] of Object.entries(doors()).filter(([name]) => !/three|two below/.test(name))) {
      const id = await test.session();
      await test.turn(id, script(...begin(script(...steps), more)));
      await atRest(id);
      expect(await refusals(id), `${door} below ${how}`).toBeGreaterThan(0);
      expect(await isThere(), `${door} below ${how}`).toBe(false);
      tried++;
    }
  }
  const definition = {
    name: "w",
    nodes: { x: { kind: "agent", agent: "toString", prompt: attempt() } },
  };
  const id = await test.session();
  await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
  await ended(id, "workflow.finished");
  expect(await isThere(), "a node by a definition with few tools").toBe(false);
  tally({
    family: "A1",
    what: "doors below agents with few tools",
    tried: tried + 1,
    refused: tried + 1,
    escapes: 0,
  });
}, 120_000);

it("A1: what a rule refuses to begin by a call begins by no other door", async () => {
  const deny = ["Agent(constructor)", "Team(refused)"];
  await open();
  const id = await test.session();
  await test.runtime.command(id, { type: "session.set_rules", allow: [], deny }, "me");
  const node: JsonObject = { kind: "agent", agent: "constructor", prompt: attempt() };
  const team: JsonObject = { kind: "team", goal: "g", members: [{ name: "m", prompt: attempt() }] };
  const nodes: JsonObject[] = [
    { x: node },
    { x: { kind: "each", over: "{{ [1] }}", node } },
    { x: { kind: "workflow", definition: { name: "s", nodes: { x: node } } } },
    { refused: team },
    { x: { ...team, members: [{ name: "m", prompt: "x", agent: "constructor" }] } },
  ];
  for (const inner of nodes) {
    const definition = { name: "w", nodes: inner };
    await expect(test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me")).rejects
      .toMatchObject({ code: "forbidden" });
  }
  const spec = teamSpec.parse({ name: "refused", goal: "g", members: [{ name: "m", prompt: "x" }] });
  await expect(test.runtime.command(id, { type: "team.start", spec }, "me")).rejects.toMatchObject({
    code: "forbidden",
  });
  const modes = agentMode.exclude(["single"]).options;
  for (const agent_mode of modes) {
    const session = await modeSession(test, agent_mode);
    await test.runtime.command(session, { type: "session.set_rules", allow: [], deny: ["Agent"] }, "me");
    const message = { type: "message.send", message: "x", delivery: "queue" } as const;
    await expect(test.runtime.command(session, message, "me"), agent_mode).rejects
      .toMatchObject({ code: "forbidden" });
  }
  const tried = nodes.length + 1 + modes.length;
  tally({
    family: "A1",
    what: "doors around a refusal",
    tried,
    refused: tried,
    escapes: 0,
  });
});

it("A1: a folder's definition does not choose where the conversation is sent, and a list in brackets is no list", async () => {
  await open();
  const id = await test.session();
  const wrong: JsonObject[] = [
    { name: "w", nodes: { x: { kind: "agent", prompt: "x", disallowed_tools: ["Bash(rm:*)"] } } },
    { name: "w", nodes: { x: { kind: "agent", prompt: "x", tools: ["Read(src/**)"] } } },
    { name: "w", nodes: { x: { kind: "agent", prompt: "x", agent: "hasOwnProperty" } } },
    { name: "w", nodes: { x: { kind: "agent", prompt: "x", budget: { tokens: -1 } } } },
    { name: "w", nodes: { x: { kind: "agent", prompt: "x", budget: { cost_usd: 0 } } } },
  ];
  for (const definition of wrong) {
    const command = { type: "workflow.start", definition, inputs: {} } as const;
    await expect(test.runtime.command(id, command, "me")).rejects.toMatchObject({ code: "bad_request" });
  }
  const definition = {
    name: "w",
    nodes: { x: { kind: "agent", prompt: script({ text: "x" }), agent: "elsewhere" } },
  };
  await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
  await ended(id, "workflow.finished");
  await test.turn(id, script(...begin(script({ text: "x" }), { subagent_type: "elsewhere" })));
  const started = (await test.facts(id)).filter((fact) => fact.type === "agent.started");
  expect(started.map(({ data }) => data.model?.provider ?? "scripted")).toEqual(["scripted", "scripted"]);
  const tried = wrong.length + started.length;
  tally({ family: "A1", what: "profiles that mean something else", tried, refused: tried, escapes: 0 });
});
