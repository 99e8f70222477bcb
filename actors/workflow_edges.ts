// Which edges of a workflow are taken when one of its nodes has ended.
import type { JsonValue } from "../src/protocol/json.ts";
import {
  edgesOf,
  type Scope,
  type WorkflowDefinition,
  type WorkflowEdge,
} from "../src/workflow/definition.ts";
import { holds } from "../src/workflow/evaluate.ts";
import { TemplateFault } from "../src/workflow/template.ts";
import { edgeKey, type WorkflowIndex } from "./workflow_index.ts";

const known = new WeakMap<WorkflowDefinition, Map<string, WorkflowEdge[]>>();

/** Edges by the node that they leave; a definition has thousands, and is asked at every end of a node. */
function edgesFrom(definition: WorkflowDefinition, node: string): readonly WorkflowEdge[] {
  let found = known.get(definition);
  if (found === undefined) {
    found = Map.groupBy(edgesOf(definition), ({ from }) => from);
    known.set(definition, found);
  }
  return found.get(node) ?? [];
}

export type Ending = { output: JsonValue } | { error: string };

/** Names of the nodes that come next; a text when a condition cannot be told, and why. */
export function edgesTaken(
  { definition, taken }: WorkflowIndex,
  { node, ending, scope }: { node: string; ending: Ending; scope: Scope },
): string[] | string {
  const hasFailed = "error" in ending;
  const fitting = edgesFrom(definition, node).filter(({ on }) =>
    on === "always" || (on === "failure") === hasFailed
  );
  const locals = { ...scope.locals, ...ending };
  const isTaken = new Map<WorkflowEdge, boolean>();
  for (const edge of fitting) {
    if (edge.else === true) continue;
    const isUsedUp = (taken.get(edgeKey(edge.from, edge.to)) ?? 0) >= (edge.max_visits ?? Infinity);
    try {
      isTaken.set(edge, !isUsedUp && isOpen(edge, ending, { ...scope, locals }));
    } catch (thrown) {
      if (!(thrown instanceof TemplateFault)) throw thrown;
      return `the condition of its edge to "${edge.to}" cannot be told: ${thrown.message}`;
    }
  }
  for (const edge of fitting) {
    if (edge.else !== true) continue;
    const others = fitting.filter((other) => other.else !== true && other.on === edge.on);
    const isUsedUp = (taken.get(edgeKey(edge.from, edge.to)) ?? 0) >= (edge.max_visits ?? Infinity);
    isTaken.set(edge, !isUsedUp && !others.some((other) => isTaken.get(other)));
  }
  return [...new Set(fitting.filter((edge) => isTaken.get(edge)).map(({ to }) => to))];
}

function isOpen({ when }: WorkflowEdge, ending: Ending, scope: Scope): boolean {
  if (when === undefined) return true;
  if (typeof when === "boolean") return "output" in ending && ending.output === when;
  return holds(when, scope);
}
