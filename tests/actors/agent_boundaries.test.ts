// A daemon that dies after any record of a session with nested agents, mail, waits and a worktree: whoever opens the log
// next brings it to the same end, and nobody gets mail twice.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const segment = "00000000000000000001.jsonl";
const call = (name: string, args: JsonObject = {}) => ({ name, args });
const agent = (prompt: string, more: JsonObject = {}) =>
  call("Agent", { description: "a part", prompt, ...more });
const say = (to: string, message: string) => call("SendMessage", { to, message });

let original: TestRuntime;
let session = "";
let lines: string[] = [];
let facts: Fact[] = [];

beforeAll(async () => {
  original = await openTestRuntime();
  await Deno.writeTextFile(join(original.workspace, "a"), "a");
  await git("init", "-q");
  await git("add", ".");
  await git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first");
  session = await original.session();
  const deep = script({ calls: [say("parent", "deep is here"), call("Bash", { command: "sleep 0.2" })] }, {
    text: "deep",
  });
  const middle = script({ calls: [agent(deep, { background: true })] }, { calls: [call("AgentWait")] }, {
    calls: [say("main", "middle is nearly done")],
  }, { text: "middle" });
  await original.turn(
    session,
    script(
      { calls: [agent(middle, { name: "mid", background: true })] },
      { calls: [say("mid", "hurry")] },
      { calls: [agent("read a", { isolation: "worktree" })] },
      { calls: [call("AgentWait", { agents: ["mid"] })] },
      { text: "All done." },
    ),
  );
  await until("rest", async () => await isAtRest(original) || null);
  facts = await original.facts(session);
  await original.stop();
  lines = (await Deno.readTextFile(join(folder(), segment))).split("\n").slice(0, -1);
}, 60_000);

afterAll(() => original.close());

async function git(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("git", { args, cwd: original.workspace }).output();
  expect(success, args.join(" ")).toBe(true);
}

/** The worktree as it was when the daemon died: what ran since has removed it. */
async function restoreWorktree(head: number): Promise<void> {
  const started = facts.find((fact) => fact.type === "agent.started" && fact.data.worktree !== undefined);
  const left = facts.find(({ type }) => type === "agent.worktree_left");
  if (started?.type !== "agent.started" || started.seq > head || (left?.seq ?? 0) <= head) return;
  const { path = "", branch = "", base = "" } = started.data.worktree ?? {};
  await git("worktree", "add", "-q", "-b", branch, path, base);
}

const folder = () => join(original.dataDir, "sessions", session);

async function isAtRest(test: TestRuntime): Promise<boolean> {
  const { state } = await test.runtime.view(session);
  return Object.keys(state.effects).length + Object.keys(state.calls).length === 0;
}

/** A data folder that holds the first lines of the log, as a crash leaves them. */
async function cutTo(count: number): Promise<string> {
  const made = await Deno.makeTempDir({ prefix: "jamey-cut-" });
  const to = join(made, "data", "sessions", session);
  await Deno.mkdir(join(to, "blobs"), { recursive: true });
  for await (const { name } of Deno.readDir(join(folder(), "blobs"))) {
    await Deno.copyFile(join(folder(), "blobs", name), join(to, "blobs", name));
  }
  await Deno.writeTextFile(join(to, segment), lines.slice(0, count).map((line) => `${line}\n`).join(""));
  return made;
}

/** What there is one of each at the end, however it came there. */
function outcome(all: readonly Fact[]) {
  const of = <T extends Fact["type"]>(type: T) =>
    all.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);
  return {
    agents: of("agent.started").map(({ data }) => data.description),
    results: of("agent.finished").map(({ data }) => data.result.split("\n")[0]).sort(),
    mail: of("team.message_sent").map(({ data }) => data.text).sort(),
    worktrees: of("agent.worktree_left").map(({ data }) => data.removed),
    waits: of("call.finished").filter(({ data }) => data.name === "AgentWait").length,
  };
}

it("after a crash at any record the agents come to the same end: each once, each mail once", async () => {
  const begun = facts.find(({ type }) => type === "message.received")?.seq ?? 0;
  const expected = outcome(facts);
  expect(expected).toMatchObject({
    results: [expect.stringContaining("Read said"), "deep", "middle"].sort(),
    mail: ["deep is here", "hurry", "middle is nearly done"],
    worktrees: [true],
    waits: 2,
  });
  for (let count = 1; count <= lines.length; count++) {
    const head = lines.slice(0, count).filter((line) => /"seq":/.test(line.slice(0, 60))).length;
    if (head < begun) continue;
    const made = await cutTo(count);
    await restoreWorktree(head);
    const test = await openTestRuntime({ folder: made });
    try {
      await until("rest", async () => await isAtRest(test) || null);
      const after = await test.facts(session);
      expect(after.slice(0, head)).toEqual(facts.slice(0, head));
      const found = outcome(after);
      // Whom the mail was for may have ended before it was sent again: then its sender was told.
      expect(found.mail).toEqual([...new Set(found.mail)]);
      expect({ ...found, mail: expected.mail }).toEqual(expected);
      expect(
        (await test.runtime.view(session)).conversation.some((message) =>
          message.role === "assistant" && message.text === "All done."
        ),
      ).toBe(true);
      expect(test.reports).toEqual([]);
    } catch (thrown) {
      throw new Error(`After line ${count} of ${lines.length}: ${thrown}`, { cause: thrown });
    } finally {
      await test.close();
      await Deno.remove(made, { recursive: true });
    }
  }
}, 240_000);
