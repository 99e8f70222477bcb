// A daemon that dies after any record of a session with nested agents, mail, waits and a worktree: whoever opens the log
// next brings it to the same end, and nobody gets mail twice.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { untilRest } from "../support/crew_ends.ts";
import { afterEachRecord, type Recording, recordingOf } from "../support/cut_log.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const call = (name: string, args: JsonObject = {}) => ({ name, args });
const agent = (prompt: string, more: JsonObject = {}) =>
  call("Agent", { description: "a part", prompt, ...more });
const say = (to: string, message: string) => call("SendMessage", { to, message });

let original: TestRuntime;
let recording: Recording;

beforeAll(async () => {
  original = await openTestRuntime();
  await Deno.writeTextFile(join(original.workspace, "a"), "a");
  await git("init", "-q");
  await git("add", ".");
  await git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first");
  const session = await original.session();
  const deep = script({ calls: [say("parent", "deep is here"), call("Bash", { command: "sleep 0.05" })] }, {
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
  await untilRest(original, session);
  recording = await recordingOf(original, session);
}, 60_000);

afterAll(() => original.close());

async function git(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("git", { args, cwd: original.workspace }).output();
  expect(success, args.join(" ")).toBe(true);
}

/** The record by which the agent in a worktree began, and the one by which that worktree was gone. */
function worktreeTimes() {
  const started = recording.facts.find((fact) =>
    fact.type === "agent.started" && fact.data.worktree !== undefined
  );
  const left = recording.facts.find(({ type }) => type === "agent.worktree_left");
  if (started?.type !== "agent.started" || left === undefined) throw new Error("There was no worktree");
  return { started, left };
}

/** The worktree as it was when the daemon died: what ran since has removed it. */
async function restoreWorktree(head: number): Promise<void> {
  const { started, left } = worktreeTimes();
  if (started.seq > head || left.seq <= head) return;
  const { path = "", branch = "", base = "" } = started.data.worktree ?? {};
  await git("worktree", "add", "-q", "-b", branch, path, base);
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
  const { facts, session } = recording;
  const begun = facts.find(({ type }) => type === "message.received")?.seq ?? 0;
  const expected = outcome(facts);
  expect(expected).toMatchObject({
    results: [expect.stringContaining("Read said"), "deep", "middle"].sort(),
    mail: ["deep is here", "hurry", "middle is nearly done"],
    worktrees: [true],
    waits: 2,
  });
  const comesToTheSameEnd = async (cut: TestRuntime) => {
    await untilRest(cut, session);
    const found = outcome(await cut.facts(session));
    // Whom the mail was for may have ended before it was sent again: then its sender was told.
    expect(found.mail).toEqual([...new Set(found.mail)]);
    expect({ ...found, mail: expected.mail }).toEqual(expected);
    expect(
      (await cut.runtime.view(session)).conversation.some((message) =>
        message.role === "assistant" && message.text === "All done."
      ),
    ).toBe(true);
  };
  const { left } = worktreeTimes();
  // One worktree, in one place: as long as it may be needed, one after the other.
  const alone = { from: begun, to: left.seq - 1, before: restoreWorktree };
  await afterEachRecord(recording, comesToTheSameEnd, alone);
  await afterEachRecord(recording, comesToTheSameEnd, { from: left.seq, atOnce: 6 });
}, 240_000);
