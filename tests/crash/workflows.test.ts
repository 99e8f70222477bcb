// Each worked example while its daemon is killed at random points, again and again: it comes to the same outputs, nothing that
// finished runs again, and nothing that was asked is lost. JAMEY_CRASH_KILLS counts for each example.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { PendingQuestion } from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { WorkflowView } from "../../src/protocol/workflow_views.ts";
import { type CrashDaemon, kills, openCrashDaemon, seedOr } from "../support/crash_daemon.ts";
import { pause, seeded } from "../support/daemon.ts";
import { exampleDefinition } from "../support/workflow_files.ts";

const seed = seedOr(20_261_122);
/** More would use up the attempts that the examples allow. */
const killsOfOneRun = 3;
const pollMs = 20;
const runMsMax = 60_000;

let daemon: CrashDaemon;
afterEach(() => daemon.close());

interface Example {
  inputs: JsonObject;
  outputs: JsonObject;
  answer: string;
}

const examples: Record<string, Example> = {
  review: {
    inputs: { topic: "tides" },
    outputs: { text: "tides", drafts: 2, decision: "publish" },
    answer: "publish",
  },
  fan_out: {
    inputs: { pattern: "*.txt" },
    outputs: {
      report: JSON.stringify([0, 1, 2, 3, 4].map((n) => `File ${n} was read.`)),
      summaries: [0, 1, 2, 3, 4].map((n) => `File ${n} was read.`),
    },
    answer: "",
  },
  release: {
    inputs: { version: "1.2.3", folder: "out" },
    outputs: { packed: "packed 1.2.3", notes: "1.2.3", checks: { go: true }, undone: null },
    answer: "yes",
  },
};

for (const [name, example] of Object.entries(examples)) {
  it(
    `${name}: ${kills} times SIGKILL at random points, and the same outputs each time (seed ${seed})`,
    { timeout: 120_000 + kills * 15_000 },
    async () => {
      const random = seeded(seed + name.length);
      const definition = await exampleDefinition(name);
      daemon = await openCrashDaemon();
      let killed = 0;
      for (let run = 0; killed < kills; run++) {
        killed += await runWithKills(definition, example, {
          run,
          random,
          most: Math.min(killsOfOneRun, kills - killed),
        });
      }
    },
  );
}

/** One run in a session and folder of its own; how often it was killed. */
async function runWithKills(
  definition: JsonObject,
  { inputs, outputs, answer }: Example,
  { run, random, most }: { run: number; random: () => number; most: number },
): Promise<number> {
  const workspace = join(daemon.workspace, `${run}`);
  await Deno.mkdir(workspace);
  for (const n of [1, 2, 3, 4, 5]) await Deno.writeTextFile(join(workspace, `${n}.txt`), `file ${n}\n`);
  const id = await daemon.session({ workspace, permission_mode: "default" });
  await daemon.post(id, "/workflows", { definition, inputs });
  const began = Date.now();
  const answered = new Set<string>();
  let killed = 0;
  let nextKill = Date.now() + random() * 350;
  for (;;) {
    if (Date.now() - began > runMsMax) {
      throw new Error(`It does not end: ${JSON.stringify((await daemon.events(id)).slice(-20))}`);
    }
    const [view] = (await daemon.get<{ workflows: WorkflowView[] }>(id, "/workflows")).workflows;
    if (view !== undefined && view.ended_at !== null) break;
    const asked = await waiting(id);
    if (killed < most && Date.now() >= nextKill) {
      await daemon.killAndStart();
      killed += 1;
      nextKill = Date.now() + random() * 350;
      const after = new Set((await waiting(id)).map(({ call_id }) => call_id));
      const lost = asked.filter(({ call_id }) => !after.has(call_id) && !answered.has(call_id));
      expect(lost, "what was asked before the kill is asked after it").toEqual([]);
      continue;
    }
    // A person takes their time, so that a kill may come first.
    for (const one of asked) {
      if (answered.has(one.call_id) || random() < 0.6) continue;
      answered.add(one.call_id);
      await one.answer(answer);
    }
    await pause(pollMs);
  }
  const facts = await daemon.events(id);
  const last = facts.findLast(({ type }) => type === "workflow.finished");
  const told = facts.filter(({ type }) => type.startsWith("workflow.node_failed")).map(({ data }) =>
    `${data.run}: ${data.error}`
  );
  expect(last?.data, told.join("; ")).toMatchObject({ outcome: "completed", outputs });
  checkOnce(facts);
  await daemon.expectProven(id);
  return killed;
}

interface Asked {
  call_id: string;
  answer: (label: string) => Promise<unknown>;
}

async function waiting(id: string): Promise<Asked[]> {
  const { questions } = await daemon.get<{ questions: PendingQuestion[] }>(id, "/questions");
  return [
    ...(await daemon.approvals(id)).map((approval) => ({
      call_id: approval.call_id,
      answer: () => daemon.allow(id, approval),
    })),
    ...questions.map(({ call_id }) => ({
      call_id,
      answer: (label: string) =>
        daemon.post(id, `/questions/${call_id}`, { answers: [{ selected: [label] }] }),
    })),
  ];
}

/** No run begins again after its end, every run and every call ends once. */
function checkOnce(facts: EventEnvelope[]): void {
  const ended = new Set<string>();
  const begun = new Set<string>();
  const results = new Map<string, number>();
  for (const { type, data, actor } of facts) {
    const run = `${actor} ${data.run}`;
    if (type === "workflow.node_started") {
      begun.add(run);
      expect(ended, `${run} begins again`).not.toContain(run);
    }
    if (type === "workflow.node_finished" || (type === "workflow.node_failed" && data.retries === false)) {
      expect(ended, `${run} ends twice`).not.toContain(run);
      ended.add(run);
    }
    if (type === "call.proposed") results.set(String(data.call_id), 0);
    if (/^call\.(?:finished|failed|denied|interrupted)$/.test(type)) {
      results.set(String(data.call_id), (results.get(String(data.call_id)) ?? 0) + 1);
    }
  }
  expect([...begun].filter((run) => !ended.has(run)), "runs without an end").toEqual([]);
  expect([...results].filter(([, count]) => count !== 1), "calls without one result").toEqual([]);
}
