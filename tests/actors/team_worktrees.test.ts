import { afterEach, expect, it } from "vitest";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { makeRepository } from "../tools/worktree_repository.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

it("members whose names differ in a sign or a capital letter only have worktrees of their own", async () => {
  test = await openTestRuntime();
  await makeRepository(test.workspace);
  const id = await test.session();
  const prompt = script({ calls: [{ name: "WorkDone", args: { summary: "s" } }] }, { text: "over" });
  const names = ["a-b", "a_b", "A-b"];
  const members = names.map((name) => ({ name, prompt, isolation: "worktree" as const }));
  const spec = teamSpec.parse({ name: "alike", goal: "g", members });
  await test.runtime.command(id, { type: "team.start", spec }, "test");
  await test.fact(id, "team.finished");
  const facts = await test.facts(id);
  const places = facts.flatMap((fact) =>
    fact.type === "team.started" ? fact.data.members.map(({ worktree }) => worktree?.path.toLowerCase()) : []
  );
  expect(new Set(places).size).toBe(3);
  const outcomes = facts.flatMap((fact) => fact.type === "team.finished" ? [fact.data.outcome] : []);
  expect(outcomes).toEqual(["completed"]);
});
