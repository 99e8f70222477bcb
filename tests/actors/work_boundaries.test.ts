// A daemon that dies after any record of what agents do beside their conversation: questions, background commands, plans,
// limits, hooks, compactions. Whoever opens the log next brings the session to rest, with nothing done twice.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Hooks } from "../../src/hooks/contract.ts";
import { type Fact, isCallFact } from "../../src/protocol/facts.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const segment = "00000000000000000001.jsonl";
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
let lines: string[] = [];
let facts: Fact[] = [];

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
  facts = await original.facts(session);
  await original.stop();
  lines = (await Deno.readTextFile(join(folder(), segment))).split("\n").slice(0, -1);
}, 60_000);

afterAll(() => original.close());

const folder = () => join(original.dataDir, "sessions", session);

async function cutTo(count: number): Promise<string> {
  const made = await Deno.makeTempDir({ prefix: "jamey-cut-" });
  const to = join(made, "data", "sessions", session);
  await Deno.mkdir(to, { recursive: true });
  for (const part of ["blobs", "effects"]) await copy(join(folder(), part), join(to, part));
  await Deno.writeTextFile(join(to, segment), lines.slice(0, count).map((line) => `${line}\n`).join(""));
  return made;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) await copy(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile) await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}

function expectWhole(all: readonly Fact[]): void {
  const results = new Map<string, number>();
  const once = new Set<string>();
  for (const fact of all) {
    if (fact.type === "background.started" || fact.type === "file.changed") {
      const key = `${fact.type} ${fact.data.call_id}`;
      expect(once.has(key), `${key} is there once`).toBe(false);
      once.add(key);
    }
    if (!isCallFact(fact)) continue;
    const { call_id } = fact.data;
    if (fact.type === "call.proposed") results.set(call_id, 0);
    else if (/^call\.(finished|failed|denied|interrupted)$/.test(fact.type)) {
      results.set(call_id, (results.get(call_id) ?? 0) + 1);
    }
  }
  expect([...results].filter(([, count]) => count !== 1)).toEqual([]);
}

async function recoverFrom(count: number): Promise<void> {
  const head = lines.slice(0, count).filter((line) => /"seq":/.test(line.slice(0, 60))).length;
  if (head === 0) return;
  const made = await cutTo(count);
  const started = facts.slice(0, head).some((fact) =>
    fact.type === "call.finished" && fact.data.output.startsWith("Edited")
  );
  await Deno.writeTextFile(join(original.workspace, "a.txt"), started ? "after\n" : "before\n");
  const test = await openTestRuntime({ ...options, folder: made });
  try {
    await attend(test);
    const after = await test.facts(session);
    expect(after.slice(0, head)).toEqual(facts.slice(0, head));
    expectWhole(after);
    expect((await test.turn(session, "help")).outcome).toBe("completed");
    expect(test.reports).toEqual([]);
  } finally {
    await test.close();
    await Deno.remove(made, { recursive: true });
  }
}

it(
  "after a crash at any record the session comes to rest: one result a call, nothing done twice",
  async () => {
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
    for (let count = 1; count <= lines.length; count++) {
      await recoverFrom(count).catch((thrown) => {
        throw new Error(`After line ${count} of ${lines.length}: ${thrown}`, { cause: thrown });
      });
    }
    console.log(`boundaries: ${facts.length} records of ${types.size} kinds, each the last before a crash`);
  },
  120_000,
);

it("a fork at any record comes to rest at once, and waits for nobody", async () => {
  const made = await cutTo(lines.length);
  const test = await openTestRuntime({ ...options, folder: made });
  try {
    for (let at = 1; at <= facts.length; at++) {
      const { session_id } = await test.runtime.fork(session, at);
      const { state } = await test.runtime.view(session_id);
      expect([at, state.effects, state.calls, state.questions, state.paused]).toEqual([at, {}, {}, [], []]);
      expect(state.background.filter(({ status }) => status === "running")).toEqual([]);
      expectWhole(await test.facts(session_id));
      expect([at, (await test.turn(session_id, "help")).outcome]).toEqual([at, "completed"]);
    }
  } finally {
    await test.close();
    await Deno.remove(made, { recursive: true });
  }
}, 60_000);
