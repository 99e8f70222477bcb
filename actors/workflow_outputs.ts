// How a run of a node ended, in words and values: the answer of an agent, the result of a call, the end of a team.
import type { Transcript } from "../machines/transcript.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { InnerNode, Scope, WorkflowDefinition } from "../src/workflow/definition.ts";
import { boundsFault } from "../src/workflow/bounds.ts";
import { holds } from "../src/workflow/evaluate.ts";
import { readOutput } from "../src/workflow/output.ts";
import { innerOf } from "../src/workflow/plan.ts";
import { mapValues } from "../src/workflow/shapes.ts";
import { fill, TemplateFault } from "../src/workflow/template.ts";
import type { Ending } from "./workflow_edges.ts";
import type { WorkflowIndex } from "./workflow_index.ts";

export interface RunEnd {
  node: string;
  run: string;
  isItem: boolean;
  /** The machine's word for how it ended. */
  how: string;
  /** The agent, the call or the supervisor that carried it out. */
  ref: string;
}

interface Told {
  transcript: Transcript;
  path: string;
  index: WorkflowIndex;
  scope: Scope;
}

export function endingOf(end: RunEnd, told: Told): Ending {
  const ending = unboundEnding(end, told);
  const fault = "output" in ending ? boundsFault(ending.output) : null;
  return fault === null ? ending : { error: `its output cannot be used: ${fault}` };
}

function unboundEnding(end: RunEnd, told: Told): Ending {
  const node = told.index.definition.nodes[end.node];
  if (node === undefined) throw new Error(`There is no node "${end.node}" in "${told.path}"`);
  const record = told.index.runs.get(end.run);
  if (node.kind === "each" && !end.isItem) {
    if (end.how === "done") return { output: record?.items ?? [] };
    if (end.how === "items") return { error: record?.itemError ?? "one of its items failed" };
  }
  const { timeout_ms } = node.kind === "each" && end.isItem ? node.node : node;
  switch (end.how) {
    case "stopped":
      return { error: "it was stopped" };
    case "late":
      return { error: `it took longer than ${timeout_ms} ms` };
    case "done":
      return done(innerOf(node), end, told);
    default:
      return { error: errorOf(innerOf(node), end, told) };
  }
}

function done(inner: InnerNode, { ref }: RunEnd, { transcript: { crew }, path, scope }: Told): Ending {
  switch (inner.kind) {
    case "condition":
      try {
        return { output: holds(inner.when, scope) };
      } catch (thrown) {
        if (thrown instanceof TemplateFault) return { error: thrown.message };
        throw thrown;
      }
    case "agent":
      return read(inner, crew.agent(ref)?.end?.text ?? "");
    case "tool":
      return read(inner, crew.supervisor(path)?.results.get(ref)?.text ?? "");
    case "question": {
      const [answer] = crew.supervisor(path)?.results.get(ref)?.answers ?? [];
      const said = [...answer?.selected ?? [], ...answer?.text === undefined ? [] : [answer.text]];
      return { output: inner.multi ? said : said.join("\n") };
    }
    case "team": {
      const last = crew.supervisor(ref)?.facts.at(-1);
      if (last?.type !== "team.finished") return { error: `"${ref}" said nothing` };
      const { outcome, reason, members } = last.data;
      return { output: { outcome, reason, members } };
    }
    case "workflow": {
      const last = crew.supervisor(ref)?.facts.at(-1);
      return last?.type === "workflow.finished"
        ? { output: last.data.outputs }
        : { error: `"${ref}" said nothing` };
    }
  }
}

function read(inner: InnerNode & { kind: "agent" | "tool" }, text: string): Ending {
  const found = readOutput(inner, text);
  return found.ok ? { output: found.output } : { error: found.error };
}

function errorOf(inner: InnerNode, { how, ref }: RunEnd, { transcript: { crew }, path }: Told): string {
  if (inner.kind === "agent") return crew.agent(ref)?.end?.text ?? "its agent ended";
  if (inner.kind === "team" || inner.kind === "workflow") {
    const last = crew.supervisor(ref)?.facts.at(-1);
    if (last?.type !== "team.finished" && last?.type !== "workflow.finished") return "it ended";
    return `it ended, ${last.data.outcome}: ${last.data.reason}`;
  }
  const text = crew.supervisor(path)?.results.get(ref)?.text ?? "";
  if (how === "denied") return `it was denied: ${text}`;
  return how === "interrupted" ? `it was interrupted: ${text}` : text;
}

/** The outputs of a run that has ended, null where it did not come to what one reads; and the first that is wrong. */
export function outputsOf(
  { outputs }: WorkflowDefinition,
  scope: Scope,
): { outputs: JsonObject; fault: string | null } {
  let fault: string | null = null;
  const values = Object.entries(outputs).map(([name, template]): [string, JsonValue] => {
    try {
      return [name, fill(template, scope)];
    } catch (thrown) {
      if (!(thrown instanceof TemplateFault)) throw thrown;
      if (!thrown.isMissing) fault ??= `output "${name}": ${thrown.message}`;
      return [name, null];
    }
  });
  const all = Object.fromEntries(values);
  const tooMuch = boundsFault(all);
  if (tooMuch === null) return { outputs: all, fault };
  return { outputs: mapValues(all, () => null), fault: fault ?? `its outputs cannot be used: ${tooMuch}` };
}
