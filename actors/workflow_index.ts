// What a workflow's own facts say of it so far: outputs, errors and inputs by node and by run. A fold over the facts of one
// workflow that reads each of them once, because it is asked at every step.
import type { CrewSupervisor } from "../machines/crew.ts";
import type { SupervisorFact } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import type { WorkflowNames } from "../src/protocol/workflow_facts.ts";
import { type NodeResult, type WorkflowDefinition, workflowDefinition } from "../src/workflow/definition.ts";

export interface WorkflowIndex {
  definition: WorkflowDefinition;
  names: WorkflowNames;
  nodes: Record<string, NodeResult>;
  /** Times that an edge was taken, by `edgeKey`. */
  taken: Map<string, number>;
  runs: Map<string, RunRecord>;
}

export interface RunRecord {
  run: string;
  node: string;
  visit: number;
  attempt: number;
  input: JsonValue;
  /** Of an `each`: one for each item, null where none was. */
  items: JsonValue[];
  /** Of an `each`: what the first item that failed said. */
  itemError: string | null;
  state: "running" | "waiting" | "finished" | "failed";
  output: JsonValue | undefined;
  error: string | null;
  startedAt: string;
  endedAt: string | null;
}

export const edgeKey = (from: string, to: string): string => `${from} ${to}`;

const known = new WeakMap<CrewSupervisor, { index: WorkflowIndex; read: number }>();

/** Throws when the supervisor is no workflow (a bug). */
export function indexOf(supervisor: CrewSupervisor): WorkflowIndex {
  let entry = known.get(supervisor);
  if (entry === undefined) {
    entry = { index: emptyIndex(supervisor), read: 0 };
    known.set(supervisor, entry);
  }
  for (; entry.read < supervisor.facts.length; entry.read++) {
    const fact = supervisor.facts[entry.read];
    if (fact !== undefined) apply(entry.index, fact);
  }
  return entry.index;
}

function emptyIndex({ start, path }: CrewSupervisor): WorkflowIndex {
  if (start.type !== "workflow.started") throw new Error(`"${path}" is no workflow`);
  const { definition, names = {} } = start.data;
  return {
    definition: workflowDefinition.parse(definition),
    names,
    nodes: {},
    taken: new Map(),
    runs: new Map(),
  };
}

function apply(index: WorkflowIndex, fact: SupervisorFact): void {
  switch (fact.type) {
    case "workflow.node_started": {
      const { node, run, visit, attempt, input = null, items = 0 } = fact.data;
      const before = index.runs.get(run);
      const record: RunRecord = {
        run,
        node,
        visit,
        attempt,
        input,
        items: before?.items ?? Array.from({ length: items }, () => null),
        itemError: before?.itemError ?? null,
        state: "running",
        output: undefined,
        error: null,
        startedAt: before?.startedAt ?? fact.at,
        endedAt: null,
      };
      return void index.runs.set(run, record);
    }
    case "workflow.node_finished": {
      const { node, run, output, next } = fact.data;
      const record = index.runs.get(run);
      if (record !== undefined) Object.assign(record, { state: "finished", output, endedAt: fact.at });
      const item = itemOf(index, { node, run });
      if (item !== null) item.owner.items[item.place] = output;
      else index.nodes[node] = { output, visits: record?.visit ?? 1 };
      return take(index, node, next);
    }
    case "workflow.node_failed": {
      const { node, run, error, retries, next, attempt } = fact.data;
      const record = index.runs.get(run) ?? unstarted(fact);
      index.runs.set(run, record);
      const state = retries ? "waiting" : "failed";
      Object.assign(record, { state, error, attempt, endedAt: retries ? null : fact.at });
      if (retries) return;
      const item = itemOf(index, { node, run });
      if (item !== null) item.owner.itemError ??= `item ${item.place}: ${error}`;
      else index.nodes[node] = { error, visits: record.visit };
      return take(index, node, next);
    }
    case "workflow.edited":
      index.definition = workflowDefinition.parse(fact.data.definition);
      index.names = fact.data.names ?? {};
      return take(index, fact.data.follows);
  }
}

/** It could not even be given what it needs. */
function unstarted(
  { at, data: { node, run, attempt } }: SupervisorFact & { type: "workflow.node_failed" },
): RunRecord {
  return {
    run,
    node,
    visit: Number(run.split(".")[1] ?? 1),
    attempt,
    input: null,
    items: [],
    itemError: null,
    state: "failed",
    output: undefined,
    error: null,
    startedAt: at,
    endedAt: null,
  };
}

function take(
  index: WorkflowIndex,
  from: string | readonly (readonly [string, string])[],
  next: readonly string[] = [],
): void {
  const edges = typeof from === "string" ? next.map((to) => [from, to] as const) : from;
  for (const [source, to] of edges) {
    const key = edgeKey(source, to);
    index.taken.set(key, (index.taken.get(key) ?? 0) + 1);
  }
}

/** The `each` that a run is an item of, and its place in it. Names of nodes have no dots. */
export function itemOf(
  { runs }: WorkflowIndex,
  { node, run }: { node: string; run: string },
): { owner: RunRecord; place: number } | null {
  const [visit, item] = run.slice(node.length + 1).split(".");
  const owner = item === undefined ? undefined : runs.get(`${node}.${visit}`);
  return owner === undefined ? null : { owner, place: Number(item) };
}
