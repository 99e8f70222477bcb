// Checks nodes and edges: names that exist, loops with a limit, nothing that is never reached, edges that can be told apart.
import { nearest } from "../config/nearest.ts";
import {
  edgesOf,
  type InnerNode,
  startOf,
  type WorkflowDefinition,
  type WorkflowEdge,
} from "./definition.ts";
import type { Complaint, Path } from "./faults.ts";
import { endlessLoop, nextOf, reachedFrom } from "./graph.ts";
import { limits } from "./nodes.ts";
import { innerOf } from "./plan.ts";

/** Names of nodes that do not exist; as long as there are any, nothing else can be said about the graph. */
export function checkNames({ nodes, edges, start }: WorkflowDefinition): Complaint[] {
  const ids = Object.keys(nodes);
  const look = (id: string, path: Path): Complaint[] => {
    if (Object.hasOwn(nodes, id)) return [];
    const near = nearest(id, ids);
    const fix = near === undefined ? "add it under nodes, or name another" : `did you mean "${near}"?`;
    return [{ path, what: `there is no node "${id}", ${fix}` }];
  };
  const starts = start === undefined ? [] : [start].flat();
  return [
    ...(ids.length === 0 ? [{ path: ["nodes"], what: "has no node, add one" }] : []),
    ...(ids.length > limits.nodes ? [{ path: ["nodes"], what: `has more than ${limits.nodes} nodes` }] : []),
    ...edges.flatMap(({ from, to }, index) => [
      ...look(from, ["edges", index, "from"]),
      ...look(to, ["edges", index, "to"]),
    ]),
    ...Object.entries(nodes).flatMap(([id, { needs }]) =>
      (needs ?? []).flatMap((need, index) => look(need, ["nodes", id, "needs", index]))
    ),
    ...starts.flatMap((id, index) => look(id, Array.isArray(start) ? ["start", index] : ["start"])),
  ];
}

/** For a definition whose names are all right. */
export function checkGraph(definition: WorkflowDefinition): Complaint[] {
  const endless = endlessLoop(definition);
  const starts = startOf(definition);
  const reached = reachedFrom(starts, nextOf(edgesOf(definition)), { withStart: true });
  // Without a start nothing is reached, which is said once, elsewhere.
  const lost = starts.length === 0 ? [] : Object.keys(definition.nodes).filter((id) => !reached.has(id));
  return [
    ...(endless === undefined ? [] : [{
      path: ["nodes", endless[0] ?? ""],
      what: `is in a loop without an end (${
        [...endless, endless[0]].join(" -> ")
      }), say \`max_visits\` at a node or an edge of it`,
    }]),
    ...lost.map((id) => ({
      path: ["nodes", id],
      what: "is never reached, add an edge that leads to it or name it in `start`",
    })),
    ...checkEdges(definition),
  ];
}

function checkEdges({ edges, nodes }: WorkflowDefinition): Complaint[] {
  const seen = new Map<string, number>();
  return edges.flatMap((edge, index) => {
    const path = ["edges", index];
    const same = JSON.stringify([edge.from, edge.to, edge.on, edge.when, edge.else]);
    const first = seen.get(same);
    seen.set(same, first ?? index);
    return [
      ...(first === undefined ? [] : [{ path, what: `is the same edge as edges[${first}], remove one` }]),
      ...checkElse(edge, path, edges),
      ...checkWhen(edge, path, nodes[edge.from]?.kind === "condition"),
    ];
  });
}

function checkElse(edge: WorkflowEdge, path: Path, edges: readonly WorkflowEdge[]): Complaint[] {
  if (edge.else === undefined) return [];
  const at = [...path, "else"];
  if (edge.when !== undefined) return [{ path: at, what: "stands beside `when`, drop one of both" }];
  const siblings = edges.filter(({ from, on }) => from === edge.from && on === edge.on);
  const first = siblings.find((sibling) => sibling.else === true);
  if (first !== edge) {
    return [{ path: at, what: `"${edge.from}" has an \`else\` for ${edge.on} already, keep one` }];
  }
  const others = siblings.filter((sibling) => sibling !== edge);
  if (others.length === 0) {
    return [{ path: at, what: `no other edge leaves "${edge.from}" on ${edge.on}, drop \`else\`` }];
  }
  const always = others.find(({ when, max_visits }) => when === undefined && max_visits === undefined);
  if (always === undefined) return [];
  return [{
    path: at,
    what: `is never taken, because the edge to "${always.to}" always is: give that one a \`when\``,
  }];
}

function checkWhen(edge: WorkflowEdge, path: Path, fromCondition: boolean): Complaint[] {
  if (typeof edge.when === "boolean" && (!fromCondition || edge.on !== "success")) {
    const what = fromCondition
      ? "true and false are for edges on success"
      : `true and false are for nodes of the kind "condition", "${edge.from}" is none: write a condition`;
    return [{ path: [...path, "when"], what }];
  }
  if (fromCondition && edge.on === "success" && edge.when === undefined && edge.else === undefined) {
    return [{
      path,
      what: `leaves the condition "${edge.from}", say \`when: true\`, \`when: false\` or \`else: true\``,
    }];
  }
  return [];
}

/** Members of one team that are called the same. */
export function checkMembers({ nodes }: WorkflowDefinition): Complaint[] {
  return Object.entries(nodes).flatMap(([id, node]) => {
    const inner = innerOf(node);
    if (inner.kind !== "team") return [];
    const path = node.kind === "each" ? ["nodes", id, "node"] : ["nodes", id];
    const names = inner.members.map(({ name }) => name);
    return names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [{ path: [...path, "members", index, "name"], what: `"${name}" is taken already` }]
    );
  });
}

/** Tools that nobody has. Those of servers are not known before the servers run. */
export function checkTools({ nodes }: WorkflowDefinition, knownTools: readonly string[]): Complaint[] {
  const look = (tool: string, path: Path): Complaint[] => {
    if (tool.includes("(")) {
      return [{
        path,
        what: `"${tool.slice(0, 80)}" is no name of a tool: permission rules say what stands in brackets`,
      }];
    }
    if (knownTools.includes(tool) || tool.startsWith("mcp__")) return [];
    const near = nearest(tool, knownTools);
    const fix = near === undefined ? "see them with: jamey tools" : `did you mean "${near}"?`;
    return [{ path, what: `there is no tool "${tool.slice(0, 80)}", ${fix}` }];
  };
  const lists = (of: { tools?: string[] | undefined; disallowed_tools?: string[] | undefined }, path: Path) =>
    (["tools", "disallowed_tools"] as const).flatMap((field) =>
      (of[field] ?? []).flatMap((name, index) => look(name, [...path, field, index]))
    );
  const inside = (node: InnerNode, path: Path): Complaint[] => {
    if (node.kind === "tool") return look(node.tool, [...path, "tool"]);
    if (node.kind === "agent") return lists(node, path);
    if (node.kind !== "team") return [];
    return node.members.flatMap((member, index) => lists(member, [...path, "members", index]));
  };
  return Object.entries(nodes).flatMap(([id, node]) =>
    inside(innerOf(node), node.kind === "each" ? ["nodes", id, "node"] : ["nodes", id])
  );
}
