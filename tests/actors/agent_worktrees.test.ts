// Agents that work apart: in a worktree and a branch of their own, which goes when nothing was done in it.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });
const apart = (prompt: string, more: JsonObject = {}) => ({
  name: "Agent",
  args: { description: "apart", prompt, isolation: "worktree", ...more },
});
const ofType = <T extends Fact["type"]>(facts: Fact[], type: T) =>
  facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);

async function git(...args: string[]): Promise<string> {
  const settings = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const { code, stdout, stderr } = await new Deno.Command("git", {
    args: [...settings, ...args],
    cwd: test.workspace,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(text.decode(stderr));
  return text.decode(stdout).trim();
}

async function open(folder = ""): Promise<void> {
  test = await openTestRuntime();
  await git("init", "-q", "-b", "main");
  await Deno.mkdir(join(test.workspace, folder), { recursive: true });
  await Deno.writeTextFile(join(test.workspace, folder, "a.txt"), "committed\n");
  await git("add", ".");
  await git("commit", "-qm", "first");
  await Deno.writeTextFile(join(test.workspace, folder, "a.txt"), "not committed\n");
}

it("what an agent in a worktree does is not in the session's folder; with work in it the worktree is kept and named", async () => {
  await open();
  const id = await test.session();
  const inner = script(
    { calls: [bash("cat a.txt; pwd")] },
    { calls: [{ name: "Write", args: { file_path: "made.txt", content: "new" } }] },
    { calls: [{ name: "Write", args: { file_path: join(test.workspace, "outside.txt"), content: "x" } }] },
    { text: "done" },
  );
  const { tool_calls } = await test.turn(id, script({ calls: [apart(inner)] }, { text: "ok" }));
  const facts = await test.facts(id);
  const tree = ofType(facts, "agent.started")[0]?.data.worktree;
  expect(tree?.path).toContain(join(test.workspace, ".jamey", "worktrees", `agent-${id}`));
  const [seen] = ofType(facts, "call.finished");
  expect(seen?.data.output).toBe(`committed\n${tree?.path}`);
  await expect(Deno.stat(join(test.workspace, "made.txt"))).rejects.toThrow();
  await expect(Deno.stat(join(test.workspace, "outside.txt"))).rejects.toThrow();
  expect(await Deno.readTextFile(join(tree?.path ?? "", "made.txt"))).toBe("new");
  expect(tool_calls[0]?.output).toContain(
    `Its worktree is kept in "${tree?.path}" on the branch "${tree?.branch}": 1 uncommitted file (made.txt)`,
  );
  expect(ofType(facts, "agent.worktree_left")[0]?.data).toMatchObject({ removed: false });
});

it("a worktree in which nothing was done is removed with its branch before the call has its result", async () => {
  await open("inner");
  const inside = join(test.workspace, "inner");
  const { session_id: id } = await test.runtime.create({
    workspace: inside,
    add_dirs: [],
    agent_mode: "single",
    permission_mode: "bypassPermissions",
  });
  const { tool_calls } = await test.turn(
    id,
    script({ calls: [apart(script({ calls: [bash("cat a.txt; pwd")] }, { text: "looked" }))] }, {
      text: "ok",
    }),
  );
  expect(tool_calls[0]?.output).toMatch(/^looked\n\n\[usage: /);
  const facts = await test.facts(id);
  const [seen] = ofType(facts, "call.finished");
  expect(seen?.data.output).toMatch(/^committed\n.*\/inner$/);
  const order = facts.map(({ type }) => type);
  expect(order.indexOf("agent.worktree_left")).toBeLessThan(order.indexOf("agent.finished"));
  expect(ofType(facts, "agent.worktree_left")[0]?.data).toMatchObject({ removed: true });
  expect(await git("worktree", "list")).not.toContain("agent-");
  expect(await git("branch", "--list", "jamey/*")).toBe("");
});

it("an agent below one in a worktree has a worktree of its own, beside and not inside", async () => {
  await open();
  const id = await test.session();
  const deepest = script({ calls: [bash("echo deep > deep.txt")] }, { text: "deep" });
  const middle = script(
    {
      calls: [
        bash(
          "git -c user.name=t -c user.email=t@e.x commit -q --allow-empty -m mine; git log --oneline | wc -l",
        ),
      ],
    },
    { calls: [apart(deepest)] },
    { text: "middle" },
  );
  await test.turn(id, script({ calls: [apart(middle)] }, { text: "ok" }));
  const [first, second] = ofType(await test.facts(id), "agent.started").map(({ data }) =>
    data.worktree?.path ?? ""
  );
  expect(second?.startsWith(`${first}/`)).toBe(false);
  expect(await Deno.readTextFile(join(second ?? "", "deep.txt"))).toBe("deep\n");
  await expect(Deno.stat(join(first ?? "", "deep.txt"))).rejects.toThrow();
});

it("where no worktree can be made the model is told why, and no agent starts", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const { tool_calls } = await test.turn(id, script({ calls: [apart("help")] }, { text: "ok" }));
  expect(tool_calls[0]).toMatchObject({
    status: "failed",
    output: expect.stringContaining("it is not in a git repository"),
  });
  expect(ofType(await test.facts(id), "agent.started")).toEqual([]);
});

it("a cancelled agent leaves its worktree too, and a fork leaves that of the session it came from alone", async () => {
  await open();
  const id = await test.session();
  const inner = script({ calls: [bash("echo $$ > pid; sleep 60")] }, { text: "never" });
  await test.send(id, script({ calls: [apart(inner)] }, { text: "never" }));
  const started = await test.fact(id, "call.started");
  const deep = await until(
    "the command",
    async () => ofType(await test.facts(id), "call.started").find(({ actor }) => actor !== "main") ?? null,
  );
  const tree = ofType(await test.facts(id), "agent.started")[0]?.data.worktree?.path ?? "";
  await until("its file", () => Deno.readTextFile(join(tree, "pid")).catch(() => null));
  const { session_id: forked } = await test.runtime.fork(id, deep.seq);
  const left = await test.fact(forked, "agent.worktree_left");
  expect(left.data).toMatchObject({ removed: false, reason: expect.stringContaining("forked from") });
  expect(await Deno.stat(tree).then(() => true)).toBe(true);
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  const own = await test.fact(id, "agent.worktree_left", started.seq);
  expect(own.data).toMatchObject({ removed: false, reason: "1 uncommitted file (pid)" });
  await test.fact(id, "agent.stopped");
});
