// A session on whose work one daemon after the other dies, while its main agent rests.
import { afterEach, expect, it } from "vitest";
import { createDedupe } from "../../actors/dedupe.ts";
import { foldState, foldTranscript } from "../../actors/fold.ts";
import { createSessionActor } from "../../actors/session_actor.ts";
import { checkedMachineVersion } from "../../machines/version.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const recoveriesMax = 3;

async function begin(node: JsonObject): Promise<string> {
  test = await openTestRuntime();
  const id = await test.session();
  const definition = { name: "w", nodes: { a: node } };
  await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "test");
  return id;
}

it("work beside the main agent is not begun for ever: after three recoveries without progress it is parked", async () => {
  const slow = script({ text: "words that never come to their end", delay_ms: 30_000 });
  const id = await begin({ kind: "agent", prompt: slow });
  await test.fact(id, "model.called");
  for (let n = 0; n < recoveriesMax; n++) {
    await test.restart();
    expect((await test.runtime.workflows(id))[0]?.state).toBe("running");
  }
  await test.restart();
  const end = await test.fact(id, "workflow.finished");
  expect(end.data).toMatchObject({ outcome: "stopped", reason: expect.stringMatching(/^it was parked, /) });
  const parked = (await test.facts(id)).filter(({ type }) => type === "turn.cancelled");
  expect(parked[0]).toMatchObject({ actor: "workflow:w", data: { by: "recovery", outcome: "parked" } });
  expect((await test.runtime.view(id)).state.effects).toEqual({});
});

it("what only waits for a time is no such work, however often its daemon is ended", async () => {
  const id = await begin({
    kind: "tool",
    tool: "Bash",
    args: { command: "false" },
    retry: { max: 2, backoff_ms: 3_000_000 },
  });
  await test.fact(id, "workflow.node_failed");
  for (let n = 0; n < recoveriesMax + 2; n++) await test.restart();
  const { state } = await test.runtime.view(id);
  expect(Object.keys(state.effects).map((key) => key.split(":")[0])).toEqual(["timer.wait"]);
  expect((await test.runtime.workflows(id))[0]?.state).toBe("running");
});

/** Writes facts that no command would write, while no daemon has the session. */
async function writeByHand(id: string, drafts: (facts: Fact[]) => FactDraft[]): Promise<void> {
  const facts = await test.facts(id);
  await test.stop();
  const machineVersion = checkedMachineVersion();
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const log = await store.open(id);
  const { state, epoch } = await foldState(log, { machineVersion });
  const actor = createSessionActor({
    log,
    state,
    epoch: epoch + 1,
    machineVersion,
    owned: false,
    dedupe: createDedupe([]),
    secrets: [],
    executors: {},
    readTranscript: () => foldTranscript(log),
    now: Date.now,
    onVisible: () => {},
    onFact: () => {},
    onDead: (problem) => expect.fail(problem.message),
  });
  for (const draft of drafts(facts)) expect(await actor.tell(draft)).toMatchObject({ accepted: true });
  await actor.close("it is written");
  await store.close();
}

it(
  "a session that cannot go on, nor be parked, is tried a stated number of times, and then says so to whoever asks",
  async () => {
    const id = await begin({
      kind: "tool",
      tool: "Bash",
      args: { command: "false" },
      retry: { max: 2, backoff_ms: 2_000 },
    });
    await test.fact(id, "workflow.node_failed");
    // What is to follow when the time comes has no words any more: the node that waits is gone from the definition.
    await writeByHand(id, (facts) => {
      const start = facts.find((fact) => fact.type === "workflow.started");
      if (start?.type !== "workflow.started") throw new Error("No workflow was started");
      const { actor, data: { plan } } = start;
      const definition: JsonObject = { name: "w", nodes: { other: { kind: "condition", when: "true" } } };
      return [
        { actor, type: "workflow.paused", data: { by: "hand" } },
        { actor, type: "workflow.edited", data: { by: "hand", definition, plan, follows: [] } },
        { actor, type: "workflow.resumed", data: { by: "hand" } },
      ];
    });
    await test.restart();
    const said = `Cannot go on with session "${id}": There is no node "a" in "workflow:w"`;
    await until("the session to be given up", async () => {
      await test.facts(id);
      return test.reports.filter((line) => line === said).length > recoveriesMax + 1 || null;
    });
    await expect(test.send(id, "hello")).rejects.toThrow(said);
    // Nothing is tried any more, and what there is can be read.
    const head = (await test.facts(id)).length;
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await test.facts(id)).toHaveLength(head);
    expect(test.reports.filter((line) => line === said)).toHaveLength(recoveriesMax + 2);
    expect((await test.runtime.verify(id)).ok).toBe(true);
  },
  40_000,
);
