// The plan of a run: the graph of a checked definition without its words, which is all that the machine decides by.
import type { WorkflowPlan } from "../protocol/workflow_facts.ts";
import type { InnerNode, WorkflowDefinition, WorkflowNode } from "./definition.ts";
import { graphOf } from "./graph.ts";

const kinds: Readonly<Record<InnerNode["kind"], WorkflowPlan["kinds"][number]>> = {
  agent: "agent",
  tool: "call",
  question: "call",
  condition: "value",
  team: "team",
  workflow: "workflow",
};

export function planOf(definition: WorkflowDefinition): WorkflowPlan {
  const { nodes: ids, edges, start, visitsMax } = graphOf(definition);
  const places = new Map(ids.map((id, place) => [id, place]));
  const at = (id: string): number => places.get(id) ?? -1;
  const nodes = Object.values(definition.nodes);
  const to: Set<number>[] = ids.map(() => new Set());
  for (const edge of edges) to[at(edge.from)]?.add(at(edge.to));
  const loops = new Set(
    edges.filter(({ closesLoop }) => closesLoop).map(({ from, to }) => `${at(from)} ${at(to)}`),
  );
  return {
    ids,
    kinds: nodes.map((node) => kinds[innerOf(node).kind]),
    starts: start.map(at),
    to: to.map((places) => [...places]),
    loops: [...loops].map((pair) => {
      const [from = 0, target = 0] = pair.split(" ").map(Number);
      return [from, target];
    }),
    max_parallel: definition.max_parallel,
    more: Object.fromEntries(
      nodes.map((node, place) => [String(place), moreOf(node, visitsMax[ids[place] ?? ""] ?? 1)] as const)
        .filter(([, more]) => Object.keys(more).length > 0),
    ),
  };
}

/** What a node does: of an `each` what it does for each item. */
export function innerOf(node: WorkflowNode): InnerNode {
  return node.kind === "each" ? node.node : node;
}

function moreOf(node: WorkflowNode, maxVisits: number): WorkflowPlan["more"][string] {
  const { timeout_ms, retry } = node;
  const limit = timeout_ms === undefined ? {} : { timeout_ms };
  return {
    ...(node.join === "any" ? { any: true as const } : {}),
    ...(maxVisits === 1 ? {} : { max_visits: maxVisits }),
    ...limit,
    ...(node.kind === "each"
      ? {
        each: {
          max_parallel: node.max_parallel ?? 64,
          goes_on: node.on_item_failure === "null",
          // What is said of an `each` holds for its items, when they do not say otherwise: those that finished never run again.
          ...withRetry(node.node.retry ?? retry),
          ...(node.node.timeout_ms === undefined ? {} : { timeout_ms: node.node.timeout_ms }),
        },
      }
      : withRetry(retry)),
  };
}

function withRetry(retry: WorkflowNode["retry"]): { retry?: NonNullable<WorkflowNode["retry"]> } {
  return retry === undefined ? {} : { retry };
}
