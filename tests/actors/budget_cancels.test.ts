// Cancels of those who wait at a budget: with everybody below them, before and after a restart.
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const budget = { model_calls: 3 };
const long = script(
  ...Array.from({ length: 9 }, (_, n) => ({ calls: [{ name: "Bash", args: { command: `echo ${n}` } }] })),
  { text: "over" },
);
const agent = (name: string, prompt: string, more: JsonObject = {}) => ({
  name: "Agent",
  args: { name, description: name, prompt, ...more },
});
const node = { kind: "agent", prompt: long };
const members = ["a", "b"].map((name) => ({ name, prompt: long }));

/** Each begins work of which two wait at one budget; and the end that must follow. */
const works = {
  "the children of an agent": {
    begin: (id: string) =>
      test.send(
        id,
        script(
          { calls: [agent("boss", script({ calls: [agent("a", long), agent("b", long)] }), { budget })] },
          { text: "done" },
        ),
      ),
    ends: ["agent.stopped", "agent.stopped", "agent.stopped"],
  },
  "the members of a team": {
    begin: (id: string) =>
      test.runtime.command(id, {
        type: "team.start",
        spec: teamSpec.parse({ name: "t", goal: "g", budget, members }),
      }, "me"),
    ends: ["agent.stopped", "agent.stopped", "team.finished"],
  },
  "the agents of a workflow, one of a team in it": {
    begin: (id: string) =>
      test.runtime.command(id, {
        type: "workflow.start",
        inputs: {},
        definition: {
          name: "w",
          budget,
          nodes: { a: node, crew: { kind: "team", goal: "g", members: members.slice(0, 1) } },
        },
      }, "me"),
    ends: ["agent.stopped", "agent.stopped", "team.finished", "workflow.finished"],
  },
};

const each = Object.entries(works).flatMap(([name, work]) =>
  [false, true].map((restarts) => ({ name, ...work, restarts }))
);

it.each(each)("a cancel ends $name that wait at a budget (after a restart: $restarts)", async (work) => {
  test = await openTestRuntime();
  const id = await test.session();
  await work.begin(id);
  const paused = async () => (await test.runtime.view(id)).state.paused;
  await until("two pauses", async () => (await paused()).length === 2 || null);
  if (work.restarts) await test.restart();
  const before = (await test.facts(id)).length;
  const asked = Date.now();
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await until("rest", async () => {
    const { effects } = (await test.runtime.view(id)).state;
    return Object.keys(effects).length === 0 || null;
  });
  // The promise is about this very time.
  expect(Date.now() - asked).toBeLessThan(2_000);
  expect(await paused()).toEqual([]);
  const ends = (await test.types(id)).slice(before).filter((type) =>
    /^agent\.(stopped|failed|finished)$|^(team|workflow)\.finished$/.test(type)
  );
  expect(ends.toSorted()).toEqual(work.ends);
  expect((await test.facts(id)).slice(before).filter(({ type }) => type === "model.called")).toEqual([]);
});
