// Inputs of a run and outputs of nodes: checked where they come in.
import { expect, it } from "vitest";
import { innerNode, type InputSpec, workflowDefinition } from "../../src/workflow/definition.ts";
import { inputFromText, takeInputs } from "../../src/workflow/inputs.ts";
import { outputWords, readOutput } from "../../src/workflow/output.ts";

const inputs = workflowDefinition.shape.inputs.parse({
  topic: { type: "string" },
  count: { type: "number", default: 3 },
  extra: { type: "json", required: false },
});

it("inputs get their defaults, and null where nothing is needed", () => {
  expect(takeInputs({ inputs }, { topic: "bees" })).toEqual({
    ok: true,
    inputs: { topic: "bees", count: 3, extra: null },
  });
});

it("inputs that are missing, unknown or of another type are refused, all at once and by name", () => {
  const taken = takeInputs({ inputs }, { count: "three", topik: "bees" });
  expect(taken.ok ? [] : taken.faults).toEqual([
    'there is no input "topik", did you mean "topic"?',
    'input "topic" is missing, expected a text',
    'input "count" is a text, expected a number',
  ]);
});

it("a text of the command line becomes what its input is, or nothing", () => {
  const read = (type: InputSpec["type"], text: string) => inputFromText({ type }, text);
  expect(read("string", "12")).toBe("12");
  expect(read("number", "12")).toBe(12);
  expect(read("number", "twelve")).toBeUndefined();
  expect(read("boolean", "true")).toBe(true);
  expect(read("boolean", "1")).toBeUndefined();
  expect(read("json", '["a"]')).toEqual(["a"]);
  expect(read("json", "a")).toBeUndefined();
});

const agent = (more: Record<string, unknown>) => {
  const node = innerNode.parse({ kind: "agent", prompt: "x", ...more });
  if (node.kind !== "agent") throw new Error("It is no agent");
  return node;
};

it("the output of an agent is its text, and JSON when it promises that", () => {
  expect(readOutput(agent({}), '{"a": 1}')).toEqual({ ok: true, output: '{"a": 1}' });
  expect(readOutput(agent({ output: "json" }), '{"a": 1}')).toEqual({ ok: true, output: { a: 1 } });
  expect(readOutput(agent({ output: "json" }), "Here it is:\n```json\n[1]\n```\nDone")).toEqual({
    ok: true,
    output: [1],
  });
  expect(readOutput(agent({ output: "json" }), "no")).toEqual({ ok: false, error: "its answer is not JSON" });
});

it("fields that are missing or of another type make the answer a failure, others are left out", () => {
  const node = agent({ fields: { verdict: ["approve", "revise"], score: "number", notes: "array" } });
  expect(readOutput(node, '{"verdict": "approve", "score": 1, "notes": [], "mood": "good"}')).toEqual({
    ok: true,
    output: { verdict: "approve", score: 1, notes: [] },
  });
  expect(readOutput(node, '{"verdict": "maybe", "score": "1"}')).toEqual({
    ok: false,
    error:
      'in its answer "verdict" is none of "approve", "revise", "score" is a text, expected number, "notes" is missing',
  });
  expect(readOutput(node, "[]")).toEqual({ ok: false, error: "its answer is a list, expected an object" });
  expect(outputWords(node)).toContain('"verdict": one of "approve", "revise"');
});
