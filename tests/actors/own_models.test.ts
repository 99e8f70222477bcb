// Whoever is given a model of its own is asked with it: members of teams and modes, nodes of workflows, the agents of both.
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

async function open(): Promise<void> {
  test = await openTestRuntime({
    providers: registryOf([scriptedProvider(), scriptedProvider({ name: "second" })]),
  });
}

/** Which models each actor was asked with. */
async function asked(id: string): Promise<Record<string, string[]>> {
  const by: Record<string, Set<string>> = {};
  for (const fact of await test.facts(id)) {
    if (fact.type !== "model.called") continue;
    (by[fact.actor] ??= new Set()).add(`${fact.data.provider}/${fact.data.model}`);
  }
  return Object.fromEntries(Object.entries(by).map(([actor, models]) => [actor, [...models]]));
}

const done = { calls: [{ name: "WorkDone", args: { summary: "s" } }] };
const inner = { calls: [{ name: "Agent", args: { name: "below", description: "d", prompt: "hi" } }] };

it("a member of a team is asked with its own model, and so are those below it; the others with the session's", async () => {
  await open();
  const id = await test.session();
  const spec = teamSpec.parse({
    name: "t",
    goal: "g",
    members: [
      { name: "own", model: "second/small", prompt: script(inner, done, { text: "over" }) },
      { name: "plain", prompt: script(done, { text: "over" }) },
    ],
  });
  await test.runtime.command(id, { type: "team.start", spec }, "me");
  await test.fact(id, "team.finished");
  const models = await asked(id);
  const below = Object.keys(models).find((actor) => actor.startsWith("team:t/agent:own/")) ?? "";
  expect(models).toEqual({
    "team:t/agent:own": ["second/small"],
    [below]: ["second/small"],
    "team:t/agent:plain": ["scripted/demo"],
  });
});

it("a member of a mode is asked with its own model", async () => {
  await open();
  const { session_id: id } = await test.runtime.create({
    workspace: test.workspace,
    add_dirs: [],
    agent_mode: "sequential",
    mode_settings: { members: [{ name: "own", model: "second/small" }, { name: "plain" }] },
  });
  await test.turn(id, "go");
  expect(Object.values(await asked(id))).toEqual([["second/small"], ["scripted/demo"]]);
});

it("a node of a workflow is asked with its own model, in a team of it and in a workflow below it too", async () => {
  await open();
  const id = await test.session();
  const agent: JsonObject = { kind: "agent", prompt: "hi", model: "second/small" };
  const definition: JsonObject = {
    name: "w",
    nodes: {
      own: agent,
      plain: { kind: "agent", prompt: "hi" },
      crew: {
        kind: "team",
        goal: "g",
        members: [{ name: "m", model: "second/large", prompt: script(done, { text: "over" }) }],
      },
      below: { kind: "workflow", definition: { name: "v", nodes: { deep: agent } } },
    },
  };
  await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
  await test.fact(id, "workflow.finished");
  const models = Object.entries(await asked(id)).map(([actor, [model]]) =>
    `${actor.replace(/^.*agent:/, "")} ${model}`
  );
  expect(models.toSorted()).toEqual([
    "deep.1 second/small",
    "m second/large",
    "own.1 second/small",
    "plain.1 scripted/demo",
  ]);
});
