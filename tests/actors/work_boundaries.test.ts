// A daemon that dies after any record of what agents do beside their conversation: questions, background commands, plans,
// limits, hooks, compactions. Whoever opens the log next brings the session to rest, with nothing done twice.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Hooks } from "../../src/hooks/contract.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { doubled } from "../support/crew_ends.ts";
import { afterEachRecord, cutTo, type Recording, recordingOf } from "../support/cut_log.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const bash = (command: string, run_in_background = false) => ({
  name: "Bash",
  args: { command, ...(run_in_background ? { run_in_background } : {}) },
});
const call = (name: string, args: Record<string, string> = {}) => ({ name, args });
const question = { name: "AskUserQuestion", args: { questions: [{ question: "Which one?" }] } };
const agent = (prompt: string) => ({ name: "Agent", args: { description: "sub", prompt } });

const hooks: Hooks = {
  listens: (event) => event === "PreToolUse" || event === "PostToolUse" || event === "UserPromptSubmit",
  run: (event) =>
    Promise.resolve([{ event, name: "h", outcome: "passed", context: `heard ${event}`, duration_ms: 1 }]),
};
const options = {
  hooks,
  limits: { repeat: 3 },
  providers: registryOf([scriptedProvider()]),
};

let original: TestRuntime;
let session = "";
let recording: Recording;
const beside = ["blobs", "effects"];

/** Does what a person would: answers, approves, extends. Resolves when the session is at rest. */
async function attend(test: TestRuntime): Promise<void> {
  await until("rest", async () => {
    const { state } = await test.runtime.view(session);
    const ask = (command: Parameters<TestRuntime["runtime"]["command"]>[1]) =>
      test.runtime.command(session, command, "me").catch(() => {});
    for (const { call_id } of state.questions) {
      await ask({ type: "question.answer", call_id, answers: [{ selected: [], text: "this one" }] });
    }
    for (const { call_id } of await test.runtime.approvals(session)) {
      await ask({ type: "call.answer", call_id, decision: "allow_once" });
    }
    if (state.paused.length > 0) await ask({ type: "budget.answer", decision: "continue" });
    const busy = /^(thinking|acting|cancelling|paused|waiting_for_approval)$/.test(state.summary.status);
    return !busy && Object.keys(state.effects).length + Object.keys(state.calls).length === 0 || null;
  });
}

async function say(...steps: Parameters<typeof script>): Promise<void> {
  await original.send(session, script(...steps));
  await attend(original);
}

beforeAll(async () => {
  original = await openTestRuntime(options);
  await Deno.writeTextFile(join(original.workspace, "a.txt"), "before\n");
  session = await original.session("default");
  await say({ calls: [question, question] }, { text: "asked" });
  await say({ calls: [agent(script({ calls: [question] }, { text: "inner" }))] }, { text: "ok" });
  await say({ calls: [bash("echo back >> ledger; sleep 0.1", true)] }, { text: "it runs" });
  await say(
    { calls: [call("Read", { file_path: "a.txt" })] },
    { calls: [call("Edit", { file_path: "a.txt", old_string: "before", new_string: "after" })] },
    { calls: [{ name: "TaskCreate", args: { subject: "t", description: "d" } }] },
    { text: "edited" },
  );
  await say({ calls: [call("EnterPlanMode")] }, { calls: [call("ExitPlanMode", { plan: "do it" })] }, {
    text: "planned",
  });
  const same = { calls: [call("Glob", { pattern: "*.none" })] };
  await say(same, same, same, same, { text: "repeated" });
  await original.runtime.command(session, { type: "session.compact" }, "me");
  await say({ calls: [bash("echo last >> ledger")] }, { text: "compacted" });
  recording = await recordingOf(original, session);
}, 60_000);

afterAll(() => original.close());

/** What changed the world did so once. */
function expectOnce(all: readonly Fact[]): void {
  const changes = all.flatMap(({ type, data }) =>
    type === "background.started" || type === "file.changed" ? [`${type} ${data.call_id}`] : []
  );
  expect(changes.sort()).toEqual([...new Set(changes)].sort());
}

/** The file that the session edits, as it was when the daemon died. */
async function restoreFile(head: number): Promise<void> {
  const edited = recording.facts.slice(0, head).some((fact) =>
    fact.type === "call.finished" && fact.data.output.startsWith("Edited")
  );
  await Deno.writeTextFile(join(original.workspace, "a.txt"), edited ? "after\n" : "before\n");
}

it(
  "after a crash at any record the session comes to rest: one result a call, nothing done twice",
  async () => {
    const { facts } = recording;
    const types = new Set(facts.map((fact) => fact.type));
    for (
      const type of [
        "question.answered",
        "background.ended",
        "budget.extended",
        "context.compacted",
        "file.changed",
      ]
    ) {
      expect([...types]).toContain(type);
    }
    await afterEachRecord(recording, async (cut) => {
      await attend(cut);
      expectOnce(await cut.facts(session));
      expect((await cut.turn(session, "help")).outcome).toBe("completed");
    }, { beside, runtime: options, before: restoreFile });
    console.log(`boundaries: ${facts.length} records of ${types.size} kinds, each the last before a crash`);
  },
  120_000,
);

it("a fork at any record comes to rest at once, and waits for nobody", async () => {
  const made = await cutTo(recording, recording.lines.length, beside);
  const test = await openTestRuntime({ ...options, folder: made });
  try {
    for (let at = 1; at <= recording.facts.length; at++) {
      const { session_id } = await test.runtime.fork(session, at);
      const { state } = await test.runtime.view(session_id);
      expect([at, state.effects, state.calls, state.questions, state.paused]).toEqual([at, {}, {}, [], []]);
      expect(state.background.filter(({ status }) => status === "running")).toEqual([]);
      const all = await test.facts(session_id);
      expect(doubled(all)).toEqual([]);
      expectOnce(all);
      expect([at, (await test.turn(session_id, "help")).outcome]).toEqual([at, "completed"]);
    }
  } finally {
    await test.close();
    await Deno.remove(made, { recursive: true });
  }
}, 60_000);
