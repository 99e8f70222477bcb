// Workflows that people pause, edit, cancel and fork, and what asks in them.
import { afterEach, expect, it } from "vitest";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { Problem } from "../../src/protocol/problem.ts";
import type { WorkflowCommand } from "../../src/protocol/workflow_views.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const tool = (command: string, more: JsonObject = {}): JsonObject => ({
  kind: "tool",
  tool: "Bash",
  args: { command },
  ...more,
});
const tell = (id: string, command: WorkflowCommand) => test.runtime.command(id, command, "me");
const run = async (id: string, definition: JsonObject, inputs: JsonObject = {}): Promise<string> =>
  (await tell(id, { type: "workflow.start", definition, inputs })).workflow ?? "";
const finished = async (id: string) => {
  const fact = await test.fact(id, "workflow.finished");
  if (fact.type !== "workflow.finished") throw new Error("It is another fact");
  return fact.data;
};
const started = (facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) => fact.type === "workflow.node_started" ? [fact.data.run] : []);
const stateOf = async (id: string) => (await test.runtime.workflows(id))[0]?.state;

const twoSteps: JsonObject = {
  name: "steps",
  nodes: { one: tool("sleep 0.3; echo one >> ran"), two: tool("echo two >> ran", { needs: ["one"] }) },
};
const ran = () => Deno.readTextFile(`${test.workspace}/ran`);

it("paused, what runs comes to its end and nothing starts; resumed, it goes on, also over a restart", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const workflow = await run(id, twoSteps);
  await test.fact(id, "call.started");
  await tell(id, { type: "workflow.pause", workflow, reason: "lunch" });
  await test.fact(id, "workflow.node_finished");
  await test.restart();
  expect(await stateOf(id)).toBe("paused");
  expect(await ran()).toBe("one\n");
  await tell(id, { type: "workflow.resume", workflow });
  expect((await finished(id)).outcome).toBe("completed");
  expect(await ran()).toBe("one\ntwo\n");
});

const counted = (more: JsonObject = {}): JsonObject =>
  tool("echo began >> ran; [ $(wc -l < ran) -gt 1 ] || sleep 20", more);

it("a tool that a stop of the daemon cut off is not run twice: the workflow pauses, and begins it again when resumed", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const workflow = await run(id, {
    name: "cut off",
    nodes: { long: counted(), last: tool("echo last >> ran", { needs: ["long"] }) },
  });
  await until("the command to begin", async () => await ran().catch(() => "") || null);
  await test.restart();
  await test.fact(id, "workflow.node_failed");
  const [view] = await test.runtime.workflows(id);
  expect(view?.state).toBe("paused");
  expect(view?.nodes[0]).toMatchObject({
    state: "waiting",
    error: expect.stringContaining("the daemon was stopped"),
  });
  await test.restart();
  expect(await ran()).toBe("began\n");
  await tell(id, { type: "workflow.resume", workflow });
  expect((await finished(id)).outcome).toBe("completed");
  expect(await ran()).toBe("began\nbegan\nlast\n");
});

it("one that may begin again by its retry does so, and nothing pauses", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, { name: "again", nodes: { long: counted({ retry: { max: 1, backoff_ms: 1 } }) } });
  await until("the command to begin", async () => await ran().catch(() => "") || null);
  await test.restart();
  expect((await finished(id)).outcome).toBe("completed");
  expect(await ran()).toBe("began\nbegan\n");
});

it("a workflow below that paused by itself goes on when the one above is resumed", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const below: JsonObject = { name: "below", nodes: { long: counted() } };
  const workflow = await run(id, {
    name: "above",
    nodes: { inner: { kind: "workflow", definition: below } },
  });
  await until("the command to begin", async () => await ran().catch(() => "") || null);
  await test.restart();
  await test.fact(id, "workflow.node_failed");
  const states = async () => (await test.runtime.workflows(id)).map(({ state }) => state);
  expect(await states()).toEqual(["running", "paused"]);
  await tell(id, { type: "workflow.resume", workflow });
  await until("both to end", async () => (await states()).every((state) => state === "completed") || null);
  expect(await ran()).toBe("began\nbegan\n");
});

it("edited while paused, nodes that have begun stay and new ones run; an edit that loses one is refused by name", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const workflow = await run(id, twoSteps);
  await expect(tell(id, { type: "workflow.edit", workflow, definition: twoSteps })).rejects.toThrow(
    "it is running",
  );
  await tell(id, { type: "workflow.pause", workflow });
  await test.fact(id, "workflow.node_finished");
  const without: JsonObject = { name: "steps", nodes: { two: tool("echo two >> ran") } };
  await expect(tell(id, { type: "workflow.edit", workflow, definition: without })).rejects.toThrow('"one"');
  const other: JsonObject = { name: "steps", nodes: { one: { kind: "condition", when: "true" } } };
  await expect(tell(id, { type: "workflow.edit", workflow, definition: other })).rejects.toThrow('"one"');
  const definition: JsonObject = {
    name: "steps",
    nodes: {
      one: tool("echo never >> ran"),
      two: tool("echo changed >> ran", { needs: ["one"] }),
      beside: tool("echo beside >> ran", { needs: ["one"] }),
      last: tool("echo last >> ran", { needs: ["two", "beside"] }),
    },
    outputs: { last: "{{ nodes.last.output }}" },
  };
  await tell(id, { type: "workflow.edit", workflow, definition });
  await tell(id, { type: "workflow.resume", workflow });
  expect((await finished(id)).outcome).toBe("completed");
  const lines = (await ran()).trim().split("\n");
  expect(lines[0]).toBe("one");
  expect(lines.slice(1, 3).toSorted()).toEqual(["beside", "changed"]);
  expect(lines[3]).toBe("last");
});

it("cancelled, everything below it stops, each run ends, and the outcome says so", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const workflow = await run(id, {
    name: "long",
    nodes: {
      talk: { kind: "agent", prompt: script({ text: "slowly and slowly and slowly", delay_ms: 30_000 }) },
      work: tool("sleep 64.5"),
      below: {
        kind: "workflow",
        definition: { name: "inner", nodes: { ask: { kind: "question", question: "Well?" } } },
      },
      after: tool("echo after", { needs: ["talk", "work", "below"] }),
    },
  });
  await test.fact(id, "question.asked");
  await until("the command", async () => (await test.types(id)).includes("call.started") || null);
  const asked = Date.now();
  await tell(id, { type: "workflow.cancel", workflow });
  await until(
    "both ends",
    async () => (await test.types(id)).filter((type) => type === "workflow.finished").length === 2 || null,
  );
  // The promise is about this very time.
  expect(Date.now() - asked).toBeLessThan(2_000);
  const facts = await test.facts(id);
  const ends = facts.flatMap((fact) => fact.type === "workflow.finished" ? [fact.data.outcome] : []);
  expect(ends).toEqual(["stopped", "stopped"]);
  expect(started(facts).toSorted()).toEqual(["ask.1", "below.1", "talk.1", "work.1"]);
});

it("a fork pauses with the whole tree; resumed there, what had finished is not run again, and the first session goes on", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await run(id, {
    name: "forked",
    nodes: {
      one: tool("echo one >> ran; echo 1"),
      ask: { kind: "question", question: "Go on?", options: ["yes"], needs: ["one"] },
      two: tool("echo two >> ran", { needs: ["ask"] }),
    },
    outputs: { answer: "{{ nodes.ask.output }}", one: "{{ nodes.one.output | trim }}" },
  });
  await test.fact(id, "question.asked");
  const { session_id: fork } = await test.runtime.fork(id);
  expect(await stateOf(fork)).toBe("paused");
  await tell(fork, { type: "workflow.resume", workflow: "forked" });
  for (const session of [fork, id]) {
    const asked = await until(
      "the question",
      async () => (await test.runtime.view(session)).state.questions[0] ?? null,
    );
    const answers = [{ selected: ["yes"] }];
    await test.runtime.command(session, { type: "question.answer", call_id: asked.call_id, answers }, "me");
    expect(await finished(session)).toMatchObject({
      outcome: "completed",
      outputs: { answer: "yes", one: "1" },
    });
  }
  expect(await ran()).toBe("one\ntwo\ntwo\n");
});

it("a call is reviewed like any other: one that is denied has failed, one that is approved runs", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await run(id, {
    name: "asks",
    nodes: {
      risky: tool("touch made"),
      plan: { kind: "condition", when: "nodes.risky.error contains 'denied'" },
    },
    edges: [{ from: "risky", to: "plan", on: "failure" }],
    outputs: { plan: "{{ nodes.plan.output }}" },
  });
  const asked = await until("the approval", async () => (await test.runtime.approvals(id))[0] ?? null);
  expect(asked.actor).toBe("workflow:asks");
  const answer = {
    type: "call.answer",
    call_id: asked.call_id,
    decision: "reject_once",
    reason: "no",
  } as const;
  await test.runtime.command(id, answer, "me");
  expect(await finished(id)).toMatchObject({ outcome: "completed", outputs: { plan: true } });
});

it("bad definitions and bad inputs are refused before anything runs, with file, line and field", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const before = (await test.facts(id)).length;
  const bad: [JsonObject, JsonObject, string][] = [
    [{ name: "x", nodes: { a: { kind: "tool", tool: "Nope", args: {} } } }, {}, "nodes.a.tool"],
    [{ name: "x", nodes: { a: { kind: "agent", prompt: "{{ inputs.b }}" } } }, {}, "nodes.a.prompt"],
    [
      { name: "x", inputs: { n: { type: "number" } }, nodes: { a: tool("ls") } },
      { n: "1" },
      'input "n" is a text',
    ],
    [{ name: "x", inputs: { n: { type: "number" } }, nodes: { a: tool("ls") } }, {}, 'input "n" is missing'],
    [{ name: "x", nodes: { a: { kind: "agent", agent: "nobody", prompt: "p" } } }, {}, 'no agent "nobody"'],
  ];
  for (const [definition, inputs, why] of bad) {
    const refused = await run(id, definition, inputs).then(() => null, (thrown: unknown) => thrown);
    expect(refused, why).toBeInstanceOf(Problem);
    expect(String(refused)).toContain(why);
  }
  expect((await test.facts(id)).length).toBe(before);
});
