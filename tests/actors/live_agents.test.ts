// What agents below the main one say while they say it, and how long they may work.
import { afterEach, expect, it } from "vitest";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import type { DeltaFrame } from "../../src/protocol/frames.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

it("the words of a sub-agent are followed while it speaks, and whoever joins in the middle gets them from their start", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const seen: DeltaFrame[] = [];
  const listener = { event: () => {}, closed: () => {}, delta: (frame: DeltaFrame) => void seen.push(frame) };
  await test.runtime.subscribe(id, listener);
  const words = "some words that come one after the other ".repeat(12);
  const prompt = script({ text: words, delay_ms: 100 });
  const args = { name: "speaker", description: "d", prompt };
  await test.send(id, script({ calls: [{ name: "Agent", args }] }, { text: "done" }));
  const isBelow = ({ actor }: { actor: string }) => actor.startsWith("main/agent:");
  await until("two pieces", () => seen.filter(isBelow).length >= 2 || null);
  expect((await test.facts(id)).some((fact) => fact.type === "model.replied" && isBelow(fact))).toBe(false);
  const joined = await test.runtime.subscribe(id, { ...listener, delta: () => {} });
  const [partial] = joined.partial.filter(isBelow);
  expect(partial?.offset).toBe(0);
  expect(words.startsWith(partial?.text ?? "-")).toBe(true);
  await until("the end", async () => (await test.types(id)).at(-1) === "turn.ended" || null);
  expect(seen.filter(isBelow).map(({ text }) => text).join("")).toBe(words);
});

it("a budget of time pauses its agent before the next model call, and waiting for the answer takes none of it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const work = { calls: [{ name: "Bash", args: { command: "sleep 0.3; date +%N" } }] };
  const prompt = script(work, work, work, work, { text: "over" });
  const spec = teamSpec.parse({
    name: "t",
    goal: "g",
    members: [{ name: "a", prompt }],
    budget: { wall_ms: 500 },
  });
  await test.runtime.command(id, { type: "team.start", spec }, "me");
  const met = await test.fact(id, "budget.exceeded");
  expect(met.data).toMatchObject({ limit: "wall", max: 500, of: "team:t" });
  const finished = async () => (await test.types(id)).filter((type) => type === "call.finished").length;
  // After the second on a machine that has time, and never after the third.
  expect([1, 2]).toContain(await finished());
  const used = async () =>
    (await test.runtime.view(id)).state.budgets.find(({ limit }) => limit === "wall")?.used ?? 0;
  const done = await finished();
  const before = await used();
  expect(before).toBeGreaterThanOrEqual(500);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(await used()).toBe(before);
  await test.runtime.command(id, { type: "budget.answer", decision: "continue" }, "me");
  // What it is extended by is time of work: the wait is no part of it.
  await until("more work", async () => await finished() > done || null);
});
