// Diagrams: every node and edge is in them, lines do not run through boxes, and no name can be more than text.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WorkflowDefinition } from "../../src/workflow/definition.ts";
import { workflowDefinition } from "../../src/workflow/definition.ts";
import { diagramText } from "../../src/workflow/diagram.ts";
import { layOut } from "../../src/workflow/layout.ts";
import { mermaidText } from "../../src/workflow/mermaid.ts";
import { svgText } from "../../src/workflow/svg.ts";
import { readXml } from "./xml.ts";

function graph(ids: readonly string[], edges: readonly Record<string, unknown>[]): WorkflowDefinition {
  return workflowDefinition.parse({
    name: "graph",
    nodes: Object.fromEntries(ids.map((id) => [id, { kind: "agent", prompt: "x", max_visits: 3 }])),
    edges,
    start: ids[0],
  });
}

const review = graph(["author", "style", "truth", "verdict", "ask", "lost"], [
  { from: "author", to: "style" },
  { from: "author", to: "truth" },
  { from: "style", to: "verdict" },
  { from: "truth", to: "verdict" },
  { from: "verdict", to: "author", when: "output == 'again'", max_visits: 2 },
  { from: "verdict", to: "ask", else: true },
  { from: "author", to: "ask" },
  { from: "author", to: "lost", on: "failure" },
]);
const randomGraph = fc.integer({ min: 1, max: 9 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, index) => `node${index}`);
  const one = fc.nat({ max: count - 1 });
  return fc.uniqueArray(fc.tuple(one, one), { maxLength: 14, selector: String }).map((pairs) =>
    graph(ids, pairs.map(([from, to]) => ({ from: ids[from], to: ids[to] })))
  );
});

describe("in the terminal", () => {
  it("a workflow is boxes with lines between them, and its edges say when they are taken", () => {
    const text = diagramText(review, { columns: 100 });
    expect(text).toContain("│ author  │");
    expect(text).toContain("▼");
    expect(text).toContain("verdict → author  (when output == 'again', at most 2 times, loop)");
    expect(text).toContain("verdict → ask  (else)");
    expect(text).toContain("author → lost  (on failure)");
    expect(text).toContain("author → style, truth, ask\n");
  });

  it("the states of a run stand in the boxes", () => {
    const text = diagramText(review, {
      columns: 100,
      states: { author: "finished", style: "running", truth: "failed" },
    });
    expect(text).toMatch(/✓ author.*\n.*agent, finished/);
    expect(text).toContain("◐ style");
    expect(text).toContain("✗ truth");
    expect(text).toContain("○ verdict");
  });

  it("a workflow that is wider than the terminal is told as a list", () => {
    const text = diagramText(review, { columns: 20 });
    expect(text).not.toContain("┌");
    expect(text).toContain("verdict (agent)");
    expect(text).toContain("style → verdict");
  });

  it("every node and every edge of any graph is in it, every box whole and every arrow on a box", () => {
    fc.assert(
      fc.property(randomGraph, (definition) => {
        const text = diagramText(definition, { columns: 400 });
        const lines = text.split("\n");
        for (const id of Object.keys(definition.nodes)) {
          const line = lines.findIndex((one) => one.includes(`│ ${id} │`));
          expect(line).toBeGreaterThan(0);
          const left = (lines[line] ?? "").indexOf(`│ ${id} │`);
          expect(lines[line - 1]?.slice(left, left + id.length + 4)).toBe(`┌${"─".repeat(id.length + 2)}┐`);
          expect(lines[line + 2]?.slice(left, left + id.length + 4)).toMatch(/^└─*┬?─*┘$/);
        }
        for (const [row, line] of lines.entries()) {
          for (const [column, character] of [...line].entries()) {
            if (character === "▼") expect(lines[row + 1]?.[column]).toBe("─");
          }
        }
        const listed = new Set(lines.flatMap((line) => {
          const [, from, to] = /^(node\d) → ([^(]*)/.exec(line) ?? [];
          return (to ?? "").split(",").map((one) => `${from} ${one.trim()}`);
        }));
        for (const { from, to } of definition.edges) expect(listed).toContain(`${from} ${to}`);
      }),
      { numRuns: 300 },
    );
  });
});

it("in no layer do two boxes overlap, and every line goes to the next layer", () => {
  fc.assert(
    fc.property(randomGraph, ({ nodes, edges }) => {
      const forward = edges.filter(({ from, to }) => from < to);
      const layout = layOut(Object.keys(nodes), forward, {
        widthOf: (id) => 5 + id.length,
        gap: 2,
        passWidth: 1,
      });
      const layers = layout?.layers ?? [];
      expect(layers.flat().filter(({ id }) => id !== undefined)).toHaveLength(Object.keys(nodes).length);
      for (const [depth, layer] of layers.entries()) {
        for (const [index, item] of layer.entries()) {
          const before = layer[index - 1];
          if (before !== undefined) {
            expect(item.x - before.x).toBeGreaterThanOrEqual((item.width + before.width) / 2 + 1.99);
          }
          for (const next of item.next) expect(layers[depth + 1]).toContain(next);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it("what belongs together is put together: a box stands in the middle above its two, and a chain is straight", () => {
  const edges = [["top", "left"], ["top", "right"], ["left", "under"]].map(([from = "", to = ""]) => ({
    from,
    to,
  }));
  const layout = layOut(["top", "left", "right", "under"], edges, { widthOf: () => 9, gap: 2, passWidth: 1 });
  const x = (id: string) => layout?.layers.flat().find((item) => item.id === id)?.x ?? NaN;
  expect(x("top")).toBeCloseTo((x("left") + x("right")) / 2, 0);
  expect(x("under")).toBeCloseTo(x("left"), 0);
  expect(x("right") - x("left")).toBe(11);
});

describe("as Mermaid", () => {
  it("every node and every edge is in it, failures dotted", () => {
    const lines = mermaidText(review).split("\n");
    expect(lines[0]).toBe("flowchart TD");
    expect(lines).toContain('  n0(["author<br/>agent"])');
    expect(lines).toContain("  n0 --> n1");
    expect(lines).toContain('  n0 -.->|"on failure"| n5');
    expect(lines.filter((line) => /^ {2}n\d -/.test(line))).toHaveLength(review.edges.length);
    expect(mermaidText(review, { author: "finished" })).toMatch(/style n0 fill/);
  });

  it("whatever a name or a condition says, each line stays one of ours", () => {
    const known =
      /^( {2}n\d+(\(\[|\[\[|\[\/|\{\{|\[)"[A-Za-z0-9 _.,:#;]*<br\/>[A-Za-z0-9 _.,:#;]*"(\]\)|\]\]|\/\]|\}\}|\])| {2}(start|n\d+) (-->|-\.->)(\|"[A-Za-z0-9 _.,:#;]*"\|)? n\d+| {2}start\(\( \)\)|flowchart TD|)$/;
    fc.assert(
      fc.property(hostileWords, hostileWords, (tool, when) => {
        for (const line of mermaidText(hostile(tool, when)).split("\n")) expect(line).toMatch(known);
      }),
      { numRuns: 500 },
    );
  });
});

describe("as SVG", () => {
  it("every node and every edge is in it, with what it says", () => {
    const { texts, titles, elements } = readXml(svgText(review));
    for (const id of Object.keys(review.nodes)) expect(texts).toContain(id);
    expect(titles.filter((title) => title.includes(" → "))).toHaveLength(review.edges.length);
    expect(titles).toContain("verdict → author: when output == 'again', at most 2 times");
    expect(elements.get("rect")).toBe(Object.keys(review.nodes).length + 1);
  });

  it("every node and every edge of any graph is in it", () => {
    fc.assert(
      fc.property(randomGraph, (definition) => {
        const { texts, titles } = readXml(svgText(definition));
        expect(texts.filter((text) => text.startsWith("node"))).toHaveLength(
          Object.keys(definition.nodes).length,
        );
        expect(titles.filter((title) => title.includes(" → "))).toHaveLength(definition.edges.length);
      }),
      { numRuns: 100 },
    );
  });

  it("whatever a name or a condition says, it is XML with nothing but our own elements", () => {
    const allowed = ["svg", "title", "defs", "marker", "path", "rect", "text"];
    fc.assert(
      fc.property(hostileWords, hostileWords, (tool, when) => {
        const { elements, attributes } = readXml(svgText(hostile(tool, when), { first: tool }));
        expect([...elements.keys()].filter((name) => !allowed.includes(name))).toEqual([]);
        expect(attributes.filter((name) => name.startsWith("on") || name.includes("href"))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

const traps = [
  '"]; click n0 "javascript:alert(1)"',
  "\n  evil[x]",
  "<script>alert(1)</script>",
  "]]></text><image href='x'/>",
  "%%{init: {}}%%",
  "#quot;",
  "&#60;",
  "\u001b]0;x\u0007",
  "\u202eabc",
  "\ud800",
  "`end`",
];
const hostileWords = fc.array(
  fc.oneof(fc.constantFrom(...traps), fc.string({ unit: "binary", minLength: 1 })),
  {
    minLength: 1,
    maxLength: 3,
  },
).map((parts) => parts.join("").slice(0, 150));

function hostile(tool: string, when: string): WorkflowDefinition {
  return workflowDefinition.parse({
    name: when,
    nodes: {
      first: { kind: "tool", tool },
      second: { kind: "workflow", definition: { name: tool, nodes: {} } },
    },
    edges: [{ from: "first", to: "second", when }, { from: "second", to: "first", when, max_visits: 1 }],
    start: "first",
  });
}
