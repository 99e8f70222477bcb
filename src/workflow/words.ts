// What a diagram says of a node and of an edge, in a few words.
import type { WorkflowDefinition, WorkflowEdge, WorkflowNode } from "./definition.ts";

/** How each node of a run is doing: as in the views of workflows. */
export type NodeStates = Readonly<Record<string, string>>;

export function kindWords(node: WorkflowNode): string {
  switch (node.kind) {
    case "agent":
      return node.agent === undefined ? "agent" : `agent ${node.agent}`;
    case "tool":
      return `tool ${node.tool}`;
    case "team":
      return `team of ${node.members.length}`;
    case "workflow":
      return `workflow ${node.definition?.name ?? node.file ?? ""}`.trimEnd();
    case "each":
      return `each: ${kindWords({ ...node.node, join: "all" })}`;
    case "question":
    case "condition":
      return node.kind;
  }
}

/** What an edge says beside its ends; empty for a plain one. */
export function edgeWords({ on, when, else: otherwise, max_visits }: WorkflowEdge): string {
  return [
    ...(on === "success" ? [] : [on === "failure" ? "on failure" : "always"]),
    ...(when === undefined ? [] : [typeof when === "boolean" ? String(when) : `when ${when}`]),
    ...(otherwise === true ? ["else"] : []),
    ...(max_visits === undefined ? [] : [`at most ${max_visits} times`]),
  ].join(", ");
}

/** Mark of a state in front of a name. */
export function stateMark(state: string): string {
  const marks: Record<string, string> = {
    pending: "○",
    running: "◐",
    waiting: "◔",
    finished: "✓",
    failed: "✗",
  };
  return Object.hasOwn(marks, state) ? marks[state] ?? "?" : "?";
}

/** Printable ASCII of at most this many characters: every character of it is one column wide. */
export function plainWords(text: string, charsMax: number): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, "?");
  return plain.length <= charsMax ? plain : `${plain.slice(0, charsMax - 2)}..`;
}

export function stateOf(states: NodeStates | undefined, id: string): string | undefined {
  if (states === undefined) return undefined;
  return Object.hasOwn(states, id) ? states[id] : "pending";
}

export function nodesOf({ nodes }: WorkflowDefinition): [id: string, node: WorkflowNode][] {
  return Object.entries(nodes);
}
