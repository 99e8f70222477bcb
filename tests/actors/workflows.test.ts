// Workflows through a whole runtime: real log, real tools, the scripted provider.
import { afterEach, expect, it } from "vitest";
import type { FactOf, FactType } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const say = (text: string) => script({ text });

async function run(id: string, definition: JsonObject, inputs: JsonObject = {}): Promise<string> {
  const receipt = await test.runtime.command(id, { type: "workflow.start", definition, inputs }, "me");
  return receipt.workflow ?? "";
}

async function all<T extends FactType>(id: string, type: T): Promise<FactOf<T>[]> {
  return (await test.facts(id)).filter((fact): fact is FactOf<T> => fact.type === type);
}

async function ended(id: string): Promise<FactOf<"workflow.finished">["data"]> {
  await test.fact(id, "workflow.finished");
  const [last] = (await all(id, "workflow.finished")).slice(-1);
  if (last === undefined) throw new Error("It has not ended");
  return last.data;
}

it("agents, tools, conditions and joins run in the order of the edges, and outputs are read from them", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, {
    name: "All kinds",
    inputs: { who: { type: "string" } },
    nodes: {
      write: { kind: "agent", prompt: say("hello {{ inputs.who }}") },
      count: { kind: "tool", tool: "Bash", args: { command: "printf 41" }, output: "json" },
      big: { kind: "condition", when: "nodes.count.output > 40" },
      yes: { kind: "tool", tool: "Bash", args: { command: "printf yes" } },
      no: { kind: "tool", tool: "Bash", args: { command: "printf no" } },
      last: {
        kind: "agent",
        needs: ["yes", "no"],
        prompt: say("{{ nodes.write.output }} and {{ nodes.yes.output }}"),
      },
    },
    edges: [
      { from: "write", to: "big" },
      { from: "count", to: "big" },
      { from: "big", to: "yes", when: true },
      { from: "big", to: "no", when: false },
    ],
    outputs: {
      text: "{{ nodes.last.output }}",
      no: "{{ nodes.no.output }}",
      count: "{{ nodes.count.output }}",
    },
  }, { who: "you" });
  expect(await ended(id)).toMatchObject({
    outcome: "completed",
    outputs: { text: "hello you and yes", no: null, count: 41 },
  });
  const started = (await all(id, "workflow.node_started")).map(({ data }) => data.node);
  expect(started.toSorted()).toEqual(["big", "count", "last", "write", "yes"]);
});

it("an each runs its node once for each item, at most so many at once, and gives the outputs in order", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, {
    name: "Items",
    nodes: {
      list: { kind: "tool", tool: "Bash", args: { command: "echo '[3,1,2]'" }, output: "json" },
      square: {
        kind: "each",
        over: "{{ nodes.list.output }}",
        needs: ["list"],
        max_parallel: 2,
        node: {
          kind: "tool",
          tool: "Bash",
          args: { command: "echo $(( {{ item }} * {{ item }} ))" },
          output: "json",
        },
      },
    },
    outputs: { squares: "{{ nodes.square.output }}" },
  });
  expect((await ended(id)).outputs).toEqual({ squares: [9, 1, 4] });
});

it("a loop goes round until its condition holds, and a node that would start once too often is a stated failure", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const loop = (max: number, until: number): JsonObject => ({
    name: "Loop",
    start: "step",
    nodes: {
      step: { kind: "condition", when: `nodes.step.visits >= ${until - 1}`, max_visits: max },
    },
    edges: [{ from: "step", to: "step", when: false }],
    outputs: { visits: "{{ nodes.step.visits }}" },
  });
  await run(id, loop(10, 4));
  expect(await ended(id)).toMatchObject({ outcome: "completed", outputs: { visits: 4 } });
  const next = await run(id, loop(3, 9));
  expect(next).toBe("loop-2");
  await test.fact(id, "workflow.finished", (await test.fact(id, "workflow.finished")).seq);
  expect(await ended(id)).toMatchObject({
    outcome: "failed",
    reason: expect.stringContaining("max_visits is 3"),
  });
});

it("a failed node begins again after a wait, then its failure edge is taken; without one the workflow fails", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const definition = (edges: JsonObject[]): JsonObject => ({
    name: "Again",
    nodes: {
      flaky: {
        kind: "tool",
        tool: "Bash",
        args: { command: "echo x >> tries; exit 3" },
        retry: { max: 2, backoff_ms: 5 },
      },
      mend: { kind: "condition", when: "nodes.flaky.error contains '3'" },
    },
    ...(edges.length === 0 ? { start: "flaky" } : {}),
    edges: [{ from: "flaky", to: "mend", on: "failure" }, ...edges],
    outputs: { mended: "{{ nodes.mend.output }}" },
  });
  await run(id, definition([]));
  expect(await ended(id)).toMatchObject({ outcome: "completed", outputs: { mended: true } });
  expect(await Deno.readTextFile(`${test.workspace}/tries`)).toBe("x\nx\nx\n");
  expect((await all(id, "workflow.node_failed")).map(({ data }) => [data.retries, data.after_ms])).toEqual([
    [true, 5],
    [true, 10],
    [false, 0],
  ]);
});

it("a node that takes too long is stopped and has failed", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, {
    name: "Slow",
    nodes: { slow: { kind: "tool", tool: "Bash", args: { command: "sleep 30" }, timeout_ms: 100 } },
  });
  expect(await ended(id)).toMatchObject({
    outcome: "failed",
    reason: 'node "slow" failed: it took longer than 100 ms',
  });
});

it("a team is a node, and a workflow below it gives its outputs", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const done = { calls: [{ name: "WorkDone", args: { summary: "looked" } }] };
  await run(id, {
    name: "Nested",
    nodes: {
      crew: {
        kind: "team",
        goal: "look",
        members: [{ name: "scout", prompt: script(done, { text: "bye" }) }],
      },
      inner: {
        kind: "workflow",
        needs: ["crew"],
        inputs: { said: "{{ nodes.crew.output.members[0].summary }}" },
        definition: {
          name: "inner",
          inputs: { said: { type: "string" } },
          nodes: { echo: { kind: "agent", prompt: say("{{ inputs.said }}!") } },
          outputs: { echo: "{{ nodes.echo.output }}" },
        },
      },
    },
    outputs: { inner: "{{ nodes.inner.output.echo }}", team: "{{ nodes.crew.output.outcome }}" },
  });
  const [first] = (await all(id, "workflow.finished")).length > 0
    ? []
    : [await test.fact(id, "workflow.finished")];
  expect(first?.actor).toBe("workflow:nested.inner.1");
  await test.fact(id, "workflow.finished", first?.seq);
  expect(await ended(id)).toMatchObject({
    outcome: "completed",
    outputs: { inner: "looked!", team: "completed" },
  });
});

it("an item that fails fails its each, which names it; or gives null in its place when that is said", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const each = (on_item_failure: string): JsonObject => ({
    name: "Items",
    inputs: { items: { type: "json" } },
    nodes: {
      all: {
        kind: "each",
        over: "{{ inputs.items }}",
        on_item_failure,
        node: { kind: "tool", tool: "Bash", args: { command: "exit {{ item }}" } },
      },
    },
    outputs: { all: "{{ nodes.all.output }}" },
  });
  await run(id, each("null"), { items: [0, 5, 0] });
  const first = await test.fact(id, "workflow.finished");
  expect((await ended(id)).outputs.all).toMatchObject([expect.any(String), null, expect.any(String)]);
  await run(id, each("fail"), { items: [0, 5, 0] });
  await test.fact(id, "workflow.finished", first.seq);
  expect(await ended(id)).toMatchObject({
    outcome: "failed",
    reason: expect.stringContaining('node "all" failed: item 1: exit code 5'),
  });
});

it("an output of more than a log line holds goes through a restart whole", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, {
    name: "Large",
    nodes: {
      big: { kind: "agent", prompt: say("x".repeat(90_000)) },
      ask: { kind: "question", question: "Well?", options: ["yes"], needs: ["big"] },
    },
    outputs: { big: "{{ nodes.big.output }}" },
  });
  const asked = await test.fact(id, "question.asked");
  await test.restart();
  const call_id = asked.type === "question.asked" ? asked.data.call_id : "";
  await test.runtime.command(
    id,
    { type: "question.answer", call_id, answers: [{ selected: ["yes"] }] },
    "me",
  );
  expect((await ended(id)).outputs.big).toBe("x".repeat(90_000));
});
