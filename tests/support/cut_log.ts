// Sessions with a whole crew, cut short after any record of their logs: what is there is opened again, and a person who
// allows and answers all that is asked lets it come to its end.
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { SessionView } from "../../src/protocol/http.ts";
import { openTestRuntime, type TestRuntime } from "./runtime.ts";

const segment = "00000000000000000001.jsonl";
const restMsMax = 20_000;
const pollMs = 5;

/** Answers what is asked until no actor has anything left to do. */
export async function driveToRest(test: TestRuntime, session: string): Promise<void> {
  const deadline = Date.now() + restMsMax;
  for (;;) {
    const { state } = await test.runtime.view(session);
    if (isAtRest(state)) return;
    if (Date.now() > deadline) {
      throw new Error(
        `It does not come to rest: ${JSON.stringify([state.effects, state.calls, state.tree])}`,
      );
    }
    await answerAll(test, session);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

export function isAtRest({ effects, calls, tree }: SessionView["state"]): boolean {
  return Object.keys(effects).length + Object.keys(calls).length === 0 &&
    tree.every(({ state }) => state !== "working" && state !== "waiting");
}

async function answerAll(test: TestRuntime, session: string): Promise<void> {
  const { approvals, questions, paused, tree } = (await test.runtime.view(session)).state;
  // A fork holds its workflows until somebody says that they are to go on.
  for (const { path, waits_for } of tree) {
    if (waits_for !== "resume") continue;
    await tolerant(test.runtime.command(session, { type: "workflow.resume", workflow: path }, "test"));
  }
  for (const { call_id, digest } of approvals) {
    const answer = { type: "call.answer", call_id, decision: "allow_once", digest } as const;
    await tolerant(test.runtime.command(session, answer, "test"));
  }
  for (const { call_id, questions: asked } of questions) {
    const answers = asked.map(({ options }) => ({ selected: options.slice(0, 1).map(({ label }) => label) }));
    await tolerant(test.runtime.command(session, { type: "question.answer", call_id, answers }, "test"));
  }
  if (paused.length > 0) {
    await tolerant(
      test.runtime.command(session, { type: "budget.answer", decision: "continue" }, "test"),
    );
  }
}

/** Whoever asked may have gone on meanwhile. */
async function tolerant(work: Promise<unknown>): Promise<void> {
  await work.catch((thrown) => {
    if (
      !/nothing waits|answered before|no call|not_found|conflict|waits|is running|is ended/i.test(
        String(thrown),
      )
    ) throw thrown;
  });
}

export interface Recording {
  session: string;
  facts: readonly Fact[];
  /** Each line of the log, and how many records there are up to it. */
  lines: readonly string[];
  folder: string;
}

/** Stops the runtime, and reads what it left. */
export async function recordingOf(test: TestRuntime, session: string): Promise<Recording> {
  const facts = await test.facts(session);
  await test.stop();
  const folder = join(test.dataDir, "sessions", session);
  const lines = (await Deno.readTextFile(join(folder, segment))).split("\n").slice(0, -1);
  return { session, facts, lines, folder };
}

/** How many records the first lines hold: some lines are marks. */
export function recordsIn({ lines }: Recording, count: number): number {
  return lines.slice(0, count).filter((line) => /"seq":/.test(line.slice(0, 60))).length;
}

/** A data folder that holds the first lines of the log, as a crash leaves them, opened by a new runtime. */
export async function openCut({ session, lines, folder }: Recording, count: number): Promise<TestRuntime> {
  const made = await Deno.makeTempDir({ prefix: "jamey-cut-" });
  const to = join(made, "data", "sessions", session);
  await Deno.mkdir(join(to, "blobs"), { recursive: true });
  for await (const { name } of Deno.readDir(join(folder, "blobs"))) {
    await Deno.copyFile(join(folder, "blobs", name), join(to, "blobs", name));
  }
  await Deno.writeTextFile(join(to, segment), lines.slice(0, count).map((line) => `${line}\n`).join(""));
  const test = await openTestRuntime({ folder: made });
  return {
    ...test,
    close: async () => {
      await test.close();
      await Deno.remove(made, { recursive: true });
    },
  };
}

/** A fact, or what a client was sent of it. */
interface Told {
  type: string;
  actor: string;
  data: object;
}

/** What there is one of each at the end, however it came there. */
export function outcomeOf(all: readonly Told[]) {
  const rows = (type: Fact["type"], ...fields: string[]) =>
    all.filter((fact) => fact.type === type).map(({ actor, data }) =>
      [actor, ...fields.map((field) => textOf(data, field))].join(" | ")
    ).sort();
  return {
    // Numbers in the paths of tasks come from the calls that began them.
    agents: rows("agent.started").length,
    results: rows("agent.finished", "result").map((row) => firstLine(row).replace(/^.*? \| /, "")).sort(),
    bad: [...rows("agent.failed", "error"), ...rows("agent.stopped", "reason")],
    mail: rows("team.message_sent", "text").map((row) => row.replace(/^.*? \| /, "")).sort(),
    teams: rows("team.finished", "outcome"),
    modes: rows("mode.finished", "outcome", "text"),
    workflows: rows("workflow.finished", "outcome", "outputs"),
    nodes: rows("workflow.node_finished", "run"),
    turns: rows("turn.ended", "outcome").filter((row) => row.startsWith("main |")),
  };
}

/** Calls without exactly one end, and runs of nodes that ended twice. */
export function doubled(all: readonly Told[]): string[] {
  const ends = new Map<string, number>();
  for (const { type, actor, data } of all) {
    if (type === "call.proposed") ends.set(textOf(data, "call_id"), ends.get(textOf(data, "call_id")) ?? 0);
    const isEnd = /^call\.(?:finished|failed|denied|interrupted)$/.test(type);
    const key = isEnd
      ? textOf(data, "call_id")
      : type === "workflow.node_finished"
      ? `${actor} ${textOf(data, "run")}`
      : null;
    if (key !== null) ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  return [...ends].filter(([, count]) => count !== 1).map(([key, count]) => `${key}: ${count} ends`);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function textOf(data: object, field: string): string {
  const value: unknown = Object.entries(data).find(([key]) => key === field)?.[1];
  return typeof value === "string" ? value : JSON.stringify(value);
}
