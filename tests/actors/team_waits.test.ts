// How long the call that begins a team waits for it: for milestones, or not at all; over a restart as well.
import { afterEach, expect, it } from "vitest";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const done = (args: JsonObject) => ({ calls: [{ name: "WorkDone", args: { summary: "s", ...args } }] });
const wait = { calls: [{ name: "Bash", args: { command: "while [ ! -e go ]; do sleep 0.05; done" } }] };
/** It reaches a milestone, and goes on with the rest of its part until it is let go. */
const prompt = script(done({ milestone: "half" }), wait, done({}), { text: "over" });

const place = (facts: readonly Fact[], type: string, actor?: string) =>
  facts.findIndex((fact) => fact.type === type && (actor === undefined || fact.actor === actor));

async function begin(wait: "hybrid" | "background"): Promise<string> {
  test = await openTestRuntime();
  const id = await test.session();
  const args: JsonObject = {
    name: "t",
    goal: "g",
    wait,
    milestones: ["half"],
    members: [{ name: "ann", prompt }],
  };
  await test.send(id, script({ calls: [{ name: "Team", args }] }, { text: "I go on" }));
  await until("the end of the main agent's turn", async () => {
    const facts = await test.facts(id);
    return place(facts, "turn.ended", "main") >= 0 || null;
  });
  expect(await test.types(id)).not.toContain("team.finished");
  return id;
}

async function letGo(id: string): Promise<Fact[]> {
  await Deno.writeTextFile(`${test.workspace}/go`, "");
  const end = await test.fact(id, "team.finished");
  expect(end.data).toMatchObject({ outcome: "completed" });
  return await until("the main agent to hear of it", async () => {
    const facts = await test.facts(id);
    const after = facts.filter(({ seq, type, actor }) =>
      seq > end.seq && type === "model.called" && actor === "main"
    );
    return after.length > 0 && facts.at(-1)?.type === "turn.ended" ? facts : null;
  });
}

it("hybrid: the call ends when its milestones are reached, the team goes on, and its end wakes whoever began it", async () => {
  const id = await begin("hybrid");
  const facts = await letGo(id);
  const call = facts.findIndex((fact) => fact.type === "call.finished" && fact.data.name === "Team");
  expect(call).toBeGreaterThan(place(facts, "team.milestone_reached"));
  expect(call).toBeLessThan(place(facts, "team.finished"));
  expect(facts[call]?.data).toMatchObject({ output: expect.stringContaining("half") });
});

it("background: the call ends at once, and the end of the team wakes whoever began it", async () => {
  const id = await begin("background");
  const facts = await letGo(id);
  const ends = facts.flatMap((fact) =>
    fact.type === "call.finished" && fact.data.name === "Team" ? [facts.indexOf(fact)] : []
  );
  expect(ends).toHaveLength(1);
  expect(ends[0]).toBeLessThan(place(facts, "model.replied", "team:t/agent:ann"));
});
