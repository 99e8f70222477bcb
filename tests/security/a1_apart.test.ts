// A1: agents that would work elsewhere, or as something else, than whoever began them may: worktrees behind links, and
// workflows that are edited while they wait.
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let test: TestRuntime;
afterEach(() => test.close());

const worktree = { isolation: "worktree" };
const work = script({ calls: [{ name: "Write", args: { file_path: "made.txt", content: "x" } }] }, {
  text: "done",
});
const doors: Record<string, { name: string; args: JsonObject }> = {
  agent: { name: "Agent", args: { description: "apart", prompt: work, ...worktree } },
  team: { name: "Team", args: { name: "t", goal: "g", members: [{ name: "m", prompt: work, ...worktree }] } },
};

async function git(...args: string[]): Promise<void> {
  const settings = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const options = { args: [...settings, ...args], cwd: test.workspace };
  if (!(await new Deno.Command("git", options).output()).success) throw new Error(`git ${args.join(" ")}`);
}

const names = (folder: string) =>
  Array.fromAsync(Deno.readDir(folder)).then((entries) => entries.map(({ name }) => name).sort());
const begun = (facts: readonly Fact[]) => facts.filter(({ type }) => type === "agent.started").length;

it("A1: no worktree lies behind a link that a repository brings along", async () => {
  const outside = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-outside-" }));
  const links: Record<string, () => Promise<void>> = {
    ".jamey": () => Deno.symlink(outside, join(test.workspace, ".jamey")),
    ".jamey/worktrees": async () => {
      await Deno.mkdir(join(test.workspace, ".jamey"));
      await Deno.symlink(outside, join(test.workspace, ".jamey", "worktrees"));
    },
    "a file for the folder": () => Deno.writeTextFile(join(test.workspace, ".jamey"), "x"),
  };
  let tried = 0;
  for (const [what, plant] of Object.entries(links)) {
    if (tried > 0) await test.close();
    test = await openTestRuntime();
    await git("init", "-q");
    await plant();
    await Deno.writeTextFile(join(test.workspace, "a.txt"), "x");
    await git("add", ".");
    await git("commit", "-qm", "first");
    for (const [door, call] of Object.entries(doors)) {
      const id = await test.session();
      const { tool_calls } = await test.turn(id, script({ calls: [call] }, { text: "ok" }));
      expect(tool_calls[0]?.status, `${door} with ${what}`).toBe("failed");
      expect(begun(await test.facts(id)), `${door} with ${what}`).toBe(0);
      expect(await names(outside), `${door} with ${what}`).toEqual([]);
      tried++;
    }
  }
  await Deno.remove(outside, { recursive: true });
  tally({ family: "A1", what: "worktrees behind links", tried, refused: tried, escapes: 0 });
}, 60_000);

it("A1: what an edit adds to a workflow that waits has no more than what was there", async () => {
  test = await openTestRuntime();
  const target = join(test.workspace, "written");
  const attempt = script({ calls: [{ name: "Write", args: { file_path: target, content: "x" } }] }, {
    text: "tried",
  });
  const first: JsonObject = { kind: "agent", prompt: script({ text: "slow", delay_ms: 400 }) };
  const wider: JsonObject = { needs: ["first"], permission_mode: "bypassPermissions" };
  const added: Record<string, JsonObject> = {
    agent: { kind: "agent", prompt: attempt, ...wider },
    tool: { kind: "tool", tool: "Write", args: { file_path: target, content: "x" }, needs: ["first"] },
  };
  for (const [kind, node] of Object.entries(added)) {
    const id = await test.session("plan");
    const definition = { name: "w", nodes: { first } };
    await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
    await test.fact(id, "agent.started");
    await test.runtime.command(id, { type: "workflow.pause", workflow: "w" }, "me");
    const edited = { name: "w", nodes: { first, second: node } };
    await test.runtime.command(id, { type: "workflow.edit", workflow: "w", definition: edited }, "me");
    await test.runtime.command(id, { type: "workflow.resume", workflow: "w" }, "me");
    await test.fact(id, "workflow.finished");
    expect((await test.facts(id)).some(({ type }) => type === "call.denied"), kind).toBe(true);
    expect(await Deno.stat(target).then(() => true, () => false), kind).toBe(false);
  }
  const id = await test.session();
  await test.runtime.command(id, {
    type: "workflow.start",
    definition: { name: "w", nodes: { first } },
    inputs: {},
  }, "me");
  await test.fact(id, "agent.started");
  await test.runtime.command(id, { type: "workflow.pause", workflow: "w" }, "me");
  await test.runtime.command(id, { type: "session.set_rules", allow: [], deny: ["Agent"] }, "me");
  const edited = {
    name: "w",
    nodes: { first, second: { kind: "agent", prompt: attempt, needs: ["first"] } },
  };
  await expect(test.runtime.command(id, { type: "workflow.edit", workflow: "w", definition: edited }, "me"))
    .rejects
    .toMatchObject({ code: "forbidden" });
  tally({ family: "A1", what: "edits that would widen", tried: 3, refused: 3, escapes: 0 });
}, 60_000);
