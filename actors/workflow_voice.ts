// What a workflow says: the facts that its decisions stand for, with the words and values that the machine does not know.
import type { PendingEffect } from "../machines/effects.ts";
import type { FactData, FactDraft } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { boundsFault } from "../src/workflow/bounds.ts";
import { TemplateFault } from "../src/workflow/template.ts";
import type { SupervisorVoice } from "./supervisor_voice.ts";
import { edgesTaken, type Ending } from "./workflow_edges.ts";
import { indexOf, type WorkflowIndex } from "./workflow_index.ts";
import { inputFor, itemsFor, scopeOf } from "./workflow_inputs.ts";
import { endingOf, outputsOf } from "./workflow_outputs.ts";
import type { WorkflowMoment } from "./workflow_moment.ts";
import { askDraft, startAgent, startBelow } from "./workflow_starts.ts";

type Params = PendingEffect["params"];
/** What a reason repeats of an error; the whole of it stands at its node. */
const reasonCharsMax = 2_000;

export const workflowVoice: SupervisorVoice = ({ kind, actor: path, params }, moment) => {
  const supervisor = moment.transcript.crew.supervisor(path);
  if (supervisor?.start.type !== "workflow.started") throw new Error(`"${path}" is no workflow`);
  const here = { ...moment, path, start: supervisor.start.data, index: indexOf(supervisor) };
  switch (kind) {
    case "agent.start":
      return startAgent(here, { path: String(params.agent), run: String(params.run) });
    case "call.propose":
      return askDraft(here, { callId: String(params.call_id), run: String(params.run) });
    case "supervisor.start":
      return startBelow(here, { path: String(params.supervisor), run: String(params.run) });
    case "supervisor.say":
      return said(here, params);
    default:
      throw new Error(`A workflow does not ask for "${kind}"`);
  }
};

function said(moment: WorkflowMoment, params: Params): FactDraft {
  switch (params.say) {
    case "start":
      return started(moment, params);
    case "end":
      return ended(moment, params);
    case "finish":
      return finished(moment, params);
    default:
      throw new Error(`A workflow does not say "${params.say}"`);
  }
}

/** A node that cannot even be given what it needs has failed. */
function started(moment: WorkflowMoment, params: Params): FactDraft {
  const { path: actor, index, start } = moment;
  const at = { node: String(params.node), run: String(params.run) };
  const node = index.definition.nodes[at.node];
  if (node === undefined) throw new Error(`There is no node "${at.node}" in "${actor}"`);
  const attempt = Number(params.attempt);
  const data = { key: String(params.key), ...at, visit: Number(params.visit), attempt };
  try {
    const scope = scopeOf(index, start.inputs, at);
    if (node.kind === "each" && Number(params.item) < 0) {
      const items = itemsFor(node, scope);
      return { actor, type: "workflow.node_started", data: { ...data, input: items, items: items.length } };
    }
    const input = inputFor(node, scope);
    const fault = input === undefined ? null : boundsFault(input);
    if (fault !== null) throw new TemplateFault(`what it would be given cannot be used: ${fault}`, 0);
    return {
      actor,
      type: "workflow.node_started",
      data: { ...data, ...(input === undefined ? {} : { input }) },
    };
  } catch (thrown) {
    if (!(thrown instanceof TemplateFault)) throw thrown;
    return failed(moment, { ...params, retries: false }, thrown.message);
  }
}

function ended(moment: WorkflowMoment, params: Params): FactDraft {
  const { index, start, path: actor, transcript } = moment;
  const at = { node: String(params.node), run: String(params.run) };
  const isItem = Number(params.item) >= 0;
  const scope = scopeOf(index, start.inputs, at);
  const end = { ...at, isItem, how: String(params.how), ref: String(params.ref) };
  const ending = endingOf(end, { transcript, path: actor, index, scope });
  if ("error" in ending) return failed(moment, params, ending.error);
  const next = isItem ? [] : edgesTaken(index, { node: at.node, ending, scope });
  if (typeof next === "string") return failed(moment, { ...params, retries: false }, next);
  const data = { key: String(params.key), ...at, output: ending.output, next };
  return { actor, type: "workflow.node_finished", data };
}

function failed(moment: WorkflowMoment, params: Params, error: string): FactDraft {
  const retries = params.retries === true;
  const at = { node: String(params.node), run: String(params.run) };
  const data = {
    key: String(params.key),
    ...at,
    attempt: Number(params.attempt),
    error,
    retries,
    after_ms: retries ? Number(params.after_ms) : 0,
    ...(retries && params.pauses === true ? { pauses: true as const } : {}),
    next: retries || Number(params.item) >= 0 ? [] : edgesOfFailure(moment, at, { error }),
  };
  return { actor: moment.path, type: "workflow.node_failed", data };
}

/** An edge whose condition cannot be told is not taken after a failure: that failure is what is to be said. */
function edgesOfFailure(
  { index, start }: WorkflowMoment,
  at: { node: string; run: string },
  ending: Ending,
): string[] {
  const next = edgesTaken(index, { node: at.node, ending, scope: scopeOf(index, start.inputs, at) });
  return typeof next === "string" ? [] : next;
}

function finished({ path: actor, start, index }: WorkflowMoment, params: Params): FactDraft {
  const { outputs, fault } = outputsOf(index.definition, { inputs: start.inputs, nodes: index.nodes });
  // The machine's own word.
  const asked = params.outcome as FactData<"workflow.finished">["outcome"];
  const isWrong = asked === "completed" && fault !== null;
  const data = {
    key: String(params.key),
    workflow: start.workflow,
    outcome: isWrong ? "failed" as const : asked,
    reason: isWrong ? fault : reasonOf(index, params),
    outputs: outputs satisfies JsonObject,
  };
  return { actor, type: "workflow.finished", data };
}

function reasonOf(index: WorkflowIndex, params: Params): string {
  const run = index.runs.get(String(params.run));
  if (run === undefined) return params.reason === "" ? "all that was to run has run" : String(params.reason);
  const error = run.error ?? "";
  const shown = error.length > reasonCharsMax ? `${error.slice(0, reasonCharsMax)}…` : error;
  return `node "${run.node}" failed: ${shown}`.toWellFormed();
}
