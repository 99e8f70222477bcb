// How a session with a whole crew comes to its end: a person who allows and answers all that is asked, and what there is of
// each thing in its log then.
import type { Fact } from "../../src/protocol/facts.ts";
import type { SessionView } from "../../src/protocol/http.ts";
import type { TestRuntime } from "./runtime.ts";

const restMsMax = 60_000;
const pollMs = 5;

/** Answers what is asked until no actor has anything left to do. */
export function driveToRest(test: TestRuntime, session: string): Promise<void> {
  return untilRest(test, session, () => answerAll(test, session));
}

/** Waits until no actor has anything left to do; nobody is there to answer anything. */
export async function untilRest(
  test: TestRuntime,
  session: string,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const deadline = Date.now() + restMsMax;
  for (;;) {
    const { state } = await test.runtime.view(session);
    if (isAtRest(state)) return;
    if (Date.now() > deadline) {
      throw new Error(
        `It does not come to rest: ${JSON.stringify([state.effects, state.calls, state.tree])}`,
      );
    }
    await meanwhile();
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

/** Calls without exactly one end or proposed again, and runs of nodes that ended twice. */
export function doubled(all: readonly Told[]): string[] {
  const ends = new Map<string, number>();
  for (const { type, actor, data } of all) {
    if (type === "call.proposed") {
      const id = textOf(data, "call_id");
      if (ends.has(id)) return [`${id}: proposed twice`];
      ends.set(id, 0);
    }
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
