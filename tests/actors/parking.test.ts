// A session on whose work one daemon after the other dies, while its main agent rests.
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
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
  expect(end.data).toMatchObject({ outcome: "stopped" });
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
