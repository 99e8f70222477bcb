// The workflows of a session as clients see them: states, times and errors of their nodes.
import type { CrewSupervisor } from "../machines/crew.ts";
import { hasEnded, type SessionState, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import type { WorkflowNodeView, WorkflowView } from "../src/protocol/workflow_views.ts";
import { edgesOf } from "../src/workflow/definition.ts";
import { innerOf } from "../src/workflow/plan.ts";
import { indexOf, itemOf, type RunRecord, type WorkflowIndex } from "./workflow_index.ts";

const errorCharsMax = 2_000;
/** Outputs that are longer stand in the log. */
const outputCharsMax = 4_000;

/** The oldest first. */
export function workflowViews(
  { state, transcript }: { state: SessionState; transcript: Transcript },
): WorkflowView[] {
  return [...transcript.crew.supervisors()]
    .filter(({ start }) => start.type === "workflow.started")
    .map((supervisor) => viewOf(supervisor, state));
}

function viewOf(supervisor: CrewSupervisor, state: SessionState): WorkflowView {
  const { start, path, facts } = supervisor;
  if (start.type !== "workflow.started") throw new Error(`"${path}" is no workflow`);
  const index = indexOf(supervisor);
  const last = facts.at(-1);
  const end = last?.type === "workflow.finished" ? last : undefined;
  const { workflow, parent, name, source = null, inputs } = start.data;
  return {
    workflow,
    path,
    parent,
    name,
    source,
    state: end?.data.outcome ?? livingState(state, path),
    started_at: start.at,
    ended_at: end?.at ?? null,
    reason: end?.data.reason ?? null,
    inputs,
    outputs: end?.data.outputs ?? null,
    edges: edgesOf(index.definition).map(({ from, to }) => [from, to]),
    nodes: nodesOf(index),
  };
}

function livingState(state: SessionState, path: string): "running" | "paused" | "stopping" {
  const supervisor = state.supervisors[path];
  if (supervisor === undefined || hasEnded(supervisor)) return "stopping";
  const name = stateName(supervisor.snapshot);
  return name === "paused" || name === "stopping" ? name : "running";
}

function nodesOf(index: WorkflowIndex): WorkflowNodeView[] {
  const last = new Map<string, RunRecord>();
  const failedItems = new Map<string, number>();
  const endedItems = new Map<string, number>();
  for (const record of index.runs.values()) {
    const item = itemOf(index, record);
    if (item === null) {
      last.set(record.node, record);
      continue;
    }
    const owner = item.owner.run;
    if (record.state === "failed") failedItems.set(owner, (failedItems.get(owner) ?? 0) + 1);
    if (record.endedAt !== null) endedItems.set(owner, (endedItems.get(owner) ?? 0) + 1);
  }
  return Object.entries(index.definition.nodes).map(([node, definition]): WorkflowNodeView => {
    const record = last.get(node);
    const kind = definition.kind === "each" ? `each ${innerOf(definition).kind}` : definition.kind;
    const items = definition.kind === "each" && record !== undefined
      ? {
        total: record.items.length,
        ended: endedItems.get(record.run) ?? 0,
        failed: failedItems.get(record.run) ?? 0,
      }
      : null;
    return {
      node,
      kind,
      state: record?.state ?? "pending",
      visits: record?.visit ?? 0,
      started_at: record?.startedAt ?? null,
      ended_at: record?.endedAt ?? null,
      error: record?.error?.slice(0, errorCharsMax).toWellFormed() ?? null,
      output: shown(record?.output),
      items,
    };
  });
}

function shown(output: JsonValue | undefined): JsonValue {
  if (output === undefined) return null;
  const text = typeof output === "string" ? output : JSON.stringify(output);
  return text.length <= outputCharsMax ? output : `${text.slice(0, outputCharsMax).toWellFormed()}…`;
}
