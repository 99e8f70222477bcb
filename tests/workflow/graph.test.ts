// Loops, what closes them and how often a node may start, compared with slow answers that are plainly right.
import fc from "fast-check";
import { expect, it } from "vitest";
import { workflowDefinition } from "../../src/workflow/definition.ts";
import { endlessLoop, graphOf, nextOf, nodesInLoops, reachedFrom } from "../../src/workflow/graph.ts";

const ids = ["a", "b", "c", "d", "e", "f"];
const id = fc.constantFrom(...ids);
const edge = fc.record({ from: id, to: id });
const edges = fc.uniqueArray(edge, { maxLength: 12, selector: ({ from, to }) => from + to });

it("a node is in a loop when it leads to itself", () => {
  fc.assert(fc.property(edges, (given) => {
    const next = nextOf(given);
    const slow = ids.filter((one) => reachedFrom([one], next, { withStart: false }).has(one));
    expect([...nodesInLoops(ids, given)].sort()).toEqual(slow);
  }));
});

it("without the edges that close loops nothing leads to itself, and without loops no edge closes one", () => {
  fc.assert(fc.property(edges, (given) => {
    const graph = graphOf(definitionOf(given, {}));
    const forward = graph.edges.filter(({ closesLoop }) => !closesLoop);
    expect(nodesInLoops(ids, forward).size).toBe(0);
    if (nodesInLoops(ids, given).size === 0) expect(forward).toHaveLength(given.length);
  }));
});

it("an endless loop is found exactly when no node and no edge of some loop is limited, and it is a real one", () => {
  fc.assert(
    fc.property(edges, fc.subarray(ids), fc.nat({ max: 12 }), (given, limited, place) => {
      const all = given.map((one, index) => index === place ? { ...one, max_visits: 2 } : one);
      const definition = definitionOf(all, Object.fromEntries(limited.map((one) => [one, 3])));
      const free = given.filter(({ from, to }, index) =>
        index !== place && !limited.includes(from) && !limited.includes(to)
      );
      const found = endlessLoop(definition);
      expect(found !== undefined).toBe(nodesInLoops(ids, free).size > 0);
      for (const [index, from] of (found ?? []).entries()) {
        expect(free).toContainEqual({ from, to: found?.[index + 1] ?? found?.[0] });
      }
    }),
  );
});

it("a node outside of loops starts once, in a loop as often as it says or the others allow", () => {
  const { visitsMax } = graphOf(definitionOf([
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "c", to: "b" },
    { from: "c", to: "d" },
  ], { c: 3 }));
  expect(visitsMax).toEqual({ a: 1, b: 1_000, c: 3, d: 1, e: 1, f: 1 });
});

function definitionOf(given: readonly Record<string, unknown>[], limits: Record<string, number>) {
  return workflowDefinition.parse({
    name: "graph",
    nodes: Object.fromEntries(
      ids.map((one) => [one, { kind: "agent", prompt: "x", max_visits: limits[one] }]),
    ),
    edges: given,
  });
}
