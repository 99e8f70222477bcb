// What the check of a workflow file refuses, and that what it lets pass can be checked again.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkWorkflow } from "../../src/workflow/check.ts";
import { faultText } from "../../src/workflow/faults.ts";
import { badEdges } from "./bad_edges.ts";
import { otherFiles } from "./bad_file.ts";
import { badParts } from "./bad_parts.ts";
import { badShapes } from "./bad_shapes.ts";
import { badTemplates } from "./bad_templates.ts";

const options = {
  knownTools: ["Read", "Glob", "Bash"],
  readFile: (path: string) => {
    const text = otherFiles[path];
    return text === undefined ? Promise.reject(new Error("no such file")) : Promise.resolve(text);
  },
};

function marked(text: string): { text: string; line: number; column: number } {
  const before = text.slice(0, text.indexOf("^^")).split("\n");
  return { text: text.replace("^^", ""), line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

it.each([...badShapes, ...badEdges, ...badTemplates, ...badParts])(
  "$title is refused with file, line, column and field",
  async (bad) => {
    expect(bad.text.split("^^")).toHaveLength(2);
    const { text, line, column } = marked(bad.text);
    const file = bad.file ?? "bad.yaml";
    const checked = await checkWorkflow(text, file, options);
    const faults = checked.ok ? [] : checked.faults;
    expect(faults.map(faultText)).toHaveLength(1);
    expect(faults[0]).toMatchObject({ file, line, column, field: bad.field });
    expect(faults[0]?.what).toMatch(bad.what);
  },
);

it("all faults of a file are told at once, in the order of its lines", async () => {
  const checked = await checkWorkflow(
    "name: x\nnodes:\n  a: {kind: tool, tool: Fly}\n  b: {kind: agent, prompt: '{{ inputs.x }}'}\n  c: {kind: condition, when: '1'}\n",
    "flow.yaml",
    options,
  );
  expect(checked.ok ? [] : checked.faults.map(({ line, field }) => `${line} ${field}`)).toEqual([
    "3 nodes.a.tool",
    "4 nodes.b.prompt",
    "5 nodes.c.when",
  ]);
  expect(
    checked.ok ? "" : faultText(checked.faults[0] ?? { file: "", line: 0, column: 0, field: "", what: "" }),
  ).toBe(
    'flow.yaml:3:25 nodes.a.tool: there is no tool "Fly", see them with: jamey tools',
  );
});

it("a fault in the file of a sub-workflow names that file and its line", async () => {
  const checked = await checkWorkflow(
    "name: x\nnodes: {a: {kind: workflow, file: sub/faulty.yaml}}\n",
    "flow.yaml",
    options,
  );
  expect(checked).toMatchObject({
    ok: false,
    faults: [{ file: "sub/faulty.yaml", line: 3, field: "nodes.a.tool" }],
  });
});

it("workflows that contain each other in a ring are refused", async () => {
  const main = "name: x\nnodes: {a: {kind: workflow, file: ring.yaml}}\n";
  const checked = await checkWorkflow(main, "main.yaml", options);
  expect(checked).toMatchObject({ ok: false, faults: [{ file: "ring.yaml", field: "nodes.a.file" }] });
  expect(checked.ok ? "" : checked.faults[0]?.what).toContain("main.yaml -> ring.yaml -> main.yaml");
});

it("what passes has its sub-workflows in place, and passes again unchanged as JSON", async () => {
  const text = `
name: whole
inputs: {files: {type: json}}
nodes:
  each: {kind: each, over: "{{ inputs.files }}", node: {kind: workflow, file: good.yaml, inputs: {count: "{{ index }}"}}}
  review: {kind: agent, prompt: "{{ nodes.each.output | json }}", needs: [each], fields: {verdict: [approve, revise]}}
  ask: {kind: question, question: "{{ nodes.review.output.verdict }}?", options: [yes please, {label: no}]}
edges:
  - {from: review, to: each, when: output.verdict == "revise", max_visits: 2}
  - {from: review, to: ask, else: true}
start: each
outputs: {answer: "{{ nodes.ask.output }}", first: "{{ nodes.each.output[0].sum }}"}
`;
  const first = await checkWorkflow(text, "whole.yaml", options);
  if (!first.ok) throw new Error(first.faults.map(faultText).join("\n"));
  expect(first.definition.nodes["each"]).toMatchObject({ node: { definition: { name: "good" } } });
  const again = await checkWorkflow(JSON.stringify(first.definition), "whole.json", {
    ...options,
    readFile: () => Promise.reject(new Error("nothing is read again")),
  });
  expect(again).toEqual(first);
});

it("a loop may be limited by a node or by an edge of it", async () => {
  const loop = (node: string, edge: string) =>
    `name: x\nstart: a\nnodes: {a: {kind: agent, prompt: x${node}}, b: {kind: agent, prompt: y}}\n` +
    `edges: [{from: a, to: b}, {from: b, to: a, when: visits < 3${edge}}]\n`.replace(
      "visits",
      "nodes.a.visits",
    );
  expect(await checkWorkflow(loop(", max_visits: 3", ""), "x.yaml", options)).toMatchObject({ ok: true });
  expect(await checkWorkflow(loop("", ", max_visits: 3"), "x.yaml", options)).toMatchObject({ ok: true });
  expect(await checkWorkflow(loop("", ""), "x.yaml", options)).toMatchObject({ ok: false });
});

it("workflows inside each other are limited in depth", async () => {
  const deep = (depth: number): unknown =>
    depth === 0
      ? { name: "x", nodes: { a: { kind: "agent", prompt: "x" } } }
      : { name: "x", nodes: { a: { kind: "workflow", definition: deep(depth - 1) } } };
  expect(await checkWorkflow(JSON.stringify(deep(7)), "x.json", options)).toMatchObject({ ok: true });
  expect(await checkWorkflow(JSON.stringify(deep(8)), "x.json", options)).toMatchObject({ ok: false });
});

it("no text whatever makes the check throw", async () => {
  const bombs = [
    "[".repeat(20_000),
    "{a: ".repeat(5_000),
    "&a [*a]",
    "a: &a [x]\n" + "b: [*a, *a]\n".repeat(200),
    "\0",
    "%",
    "---\n---\n",
  ];
  for (const bomb of bombs) {
    expect(await checkWorkflow(bomb, "bomb.yaml", options)).toMatchObject({ ok: false });
  }
  const fields = fc.constantFrom(
    "name",
    "nodes",
    "edges",
    "kind",
    "prompt",
    "when",
    "definition",
    "over",
    "start",
    "inputs",
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("agent", "each", "workflow", "{{ inputs.x", "{{ nodes.a.output }}", 1, null, true, []),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fields, tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const checked = await checkWorkflow(JSON.stringify(given), "random.json", options);
      for (const fault of checked.ok ? [] : checked.faults) {
        expect(fault.line).toBeGreaterThan(0);
        expect(fault.column).toBeGreaterThan(0);
        expect(fault.what).not.toBe("");
      }
    }),
    { numRuns: 300 },
  );
});
