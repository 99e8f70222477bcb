// Definitions of agents as files of a workspace: what their heads say holds when they run.
import { afterEach, expect, it } from "vitest";
import { dirname, join } from "node:path";
import { createAgentDefinitions } from "../../src/context/agent_definitions.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";
import { git, makeRepository } from "../tools/worktree_repository.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string): Step => ({ calls: [{ name: "Bash", args: { command } }] });

/** A session in which the main agent begins the agent of this file with these steps, and how all of it went. */
async function play(path: string, head: string, steps: Step[]): Promise<Fact[]> {
  const home = await Deno.makeTempDir({ prefix: "jamey-home-" });
  const find = createAgentDefinitions({ home });
  test = await openTestRuntime({ providers: registryOf([scriptedProvider()]), agents: find });
  await makeRepository(test.workspace);
  const file = join(test.workspace, path);
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, `---\ndescription: one\n${head}\n---\nBe quick.\n`);
  const id = await test.session();
  const args = { description: "d", prompt: script(...steps), subagent_type: "one" };
  await test.send(id, script({ calls: [{ name: "Agent", args }] }, { text: "done" }));
  const facts = await until("the agent's end, and rest", async () => {
    const all = await test.facts(id);
    const isOver = all.some(({ type }) => /^agent\.(finished|failed|stopped)$/.test(type));
    return isOver && all.at(-1)?.type === "turn.ended" ? all : null;
  });
  await Deno.remove(home, { recursive: true });
  return facts;
}

const of = (facts: Fact[], type: Fact["type"]) => facts.filter((fact) => fact.type === type);

it("model, permissionMode and tools: it is asked with its own model, and what it may not do is denied", async () => {
  const head = "model: small\npermissionMode: plan\ndisallowedTools: Write";
  const write: Step = { calls: [{ name: "Write", args: { file_path: "a", content: "x" } }] };
  const facts = await play(".claude/agents/one.md", head, [bash("touch b"), write, { text: "over" }]);
  const asked = facts.find((fact) => fact.type === "model.called" && fact.actor !== "main");
  expect(asked?.data).toMatchObject({ provider: "scripted", model: "small" });
  expect(of(facts, "call.denied")).toMatchObject([{ data: { name: "Bash" } }]);
  expect(of(facts, "call.failed")).toMatchObject([{ data: { name: "Write" } }]);
});

it("background: its call ends at once, and its end wakes whoever began it", async () => {
  const facts = await play(".agents/agents/one.md", "background: true", [
    bash("sleep 0.5"),
    { text: "over" },
  ]);
  const [result] = of(facts, "call.finished");
  expect(result?.data).toMatchObject({ name: "Agent", output: expect.stringContaining("in the background") });
  expect(result?.seq).toBeLessThan(of(facts, "agent.finished")[0]?.seq ?? 0);
});

it("isolation: it works in a worktree of its own", async () => {
  const facts = await play(".agents/agents/one.md", "isolation: worktree", [bash("touch apart"), {
    text: "over",
  }]);
  expect(of(facts, "agent.worktree_left")).toHaveLength(1);
  expect(await Deno.stat(join(test.workspace, "apart")).catch(() => null)).toBeNull();
  expect(await git(test.workspace, "branch", "--list", "jamey/*")).not.toBe("");
});

it("maxTurns and budget: it ends at the one, and its budget is in force", async () => {
  const facts = await play(".agents/agents/one.md", "maxTurns: 2\nbudget: {tokens: 900000, on_limit: stop}", [
    bash("echo 1"),
    bash("echo 2"),
    bash("echo 3"),
    { text: "over" },
  ]);
  expect(facts.filter(({ type, actor }) => type === "model.called" && actor !== "main")).toHaveLength(2);
  expect(of(facts, "agent.started")[0]?.data).toMatchObject({
    max_turns: 2,
    budget: { tokens: 900_000, on_limit: "stop" },
  });
  expect(of(facts, "agent.failed")).toHaveLength(1);
});
