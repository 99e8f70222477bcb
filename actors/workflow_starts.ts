// Who carries out a node of a workflow: an agent, a call that is reviewed like any other, a team, or a workflow below it.
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { TeamMember } from "../src/protocol/team_facts.ts";
import { type InnerNode, workflowDefinition } from "../src/workflow/definition.ts";
import { innerOf, planOf } from "../src/workflow/plan.ts";
import { lastName } from "./actor_names.ts";
import { askToolName } from "./ask_user.ts";
import type { RunRecord, WorkflowIndex } from "./workflow_index.ts";
import type { WorkflowMoment } from "./workflow_moment.ts";

export function startAgent(moment: WorkflowMoment, { path, run }: { path: string; run: string }): FactDraft {
  const { record, inner, input } = lookUp(moment, run);
  if (inner.kind !== "agent") throw new Error(`Node "${record.node}" is no agent`);
  return {
    actor: path,
    type: "agent.started",
    data: {
      agent: lastName(path),
      parent: moment.path,
      description: inner.description ?? `node "${record.node}" of ${moment.start.name}`,
      prompt: String(input.prompt),
      kind: "task",
      ...profileOf(inner, input, moment.index),
    },
  };
}

type Wanted = Omit<InnerNode & { kind: "agent" }, "kind" | "prompt" | "output">;

/** What its definition says, and over that what its node says. */
function profileOf(node: Wanted, words: JsonObject, { names }: WorkflowIndex): AgentProfile {
  const base = named(names.agents, node.agent) ?? {};
  const { tools, disallowed_tools, permission_mode, max_turns, budget } = node;
  const model = named(names.models, node.model);
  const own = {
    definition: node.agent,
    role: text(words.role),
    instructions: joined(base.instructions, text(words.instructions)),
    model,
    tools,
    disallowed_tools,
    permission_mode,
    max_turns,
    budget,
  };
  return { ...base, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}

function named<T>(all: Record<string, T> | undefined, name: string | undefined): T | undefined {
  return all !== undefined && name !== undefined && Object.hasOwn(all, name) ? all[name] : undefined;
}

const text = (value: JsonValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

function joined(first: string | undefined, second: string | undefined): string | undefined {
  return first === undefined || second === undefined ? first ?? second : `${first}\n\n${second}`;
}

/** Tools are called as they are; a question is a call of the tool that asks. */
export function askDraft(
  moment: WorkflowMoment,
  { callId, run }: { callId: string; run: string },
): FactDraft {
  const { record, inner, input } = lookUp(moment, run);
  const call = { actor: moment.path, type: "call.proposed" } as const;
  if (inner.kind === "tool") {
    const data = {
      call_id: callId,
      name: inner.tool,
      args: objectOf(input.args),
      by: "supervisor",
      node: record.node,
    } as const;
    return { ...call, data };
  }
  if (inner.kind !== "question") throw new Error(`Node "${record.node}" is no call`);
  const question = {
    question: String(input.question),
    ...(inner.header === undefined ? {} : { header: inner.header }),
    options: inner.options.map((option): JsonObject => {
      if (typeof option === "string") return { label: option };
      const { label, description } = option;
      return description === undefined ? { label } : { label, description };
    }),
    multiSelect: inner.multi,
  };
  const args = { questions: [question] };
  return { ...call, data: { call_id: callId, name: askToolName, args, by: "supervisor", node: record.node } };
}

/** A team or a workflow that is a node of this one. */
export function startBelow(moment: WorkflowMoment, { path, run }: { path: string; run: string }): FactDraft {
  const { record, inner, input } = lookUp(moment, run);
  const { by } = moment.start;
  const id = path.slice(path.indexOf(":") + 1);
  if (inner.kind === "team") return startTeam(moment, { inner, input, path, id });
  if (inner.kind !== "workflow") throw new Error(`Node "${record.node}" leads nobody`);
  const definition = workflowDefinition.parse(inner.definition);
  const { names } = moment.index;
  return {
    actor: path,
    type: "workflow.started",
    data: {
      workflow: id,
      name: definition.name,
      parent: moment.path,
      by,
      definition: jsonOf(definition),
      plan: planOf(definition),
      names,
      inputs: objectOf(input.inputs),
      ...(definition.budget === undefined ? {} : { budget: definition.budget }),
    },
  };
}

function startTeam(
  moment: WorkflowMoment,
  { inner, input, path, id }: {
    inner: InnerNode & { kind: "team" };
    input: JsonObject;
    path: string;
    id: string;
  },
): FactDraft {
  const words = Array.isArray(input.members) ? input.members.map(objectOf) : [];
  const members = inner.members.map((member, place): TeamMember => {
    const own = words[place] ?? {};
    return { ...profileOf(member, own, moment.index), name: member.name, prompt: String(own.prompt) };
  });
  return {
    actor: path,
    type: "team.started",
    data: {
      team: id,
      name: id,
      goal: String(input.goal),
      parent: moment.path,
      by: moment.start.by,
      wait: "foreground",
      milestones: [],
      members,
      restart: inner.restart,
      ...(inner.budget === undefined ? {} : { budget: inner.budget }),
    },
  };
}

function lookUp(
  { index, path }: WorkflowMoment,
  run: string,
): { record: RunRecord; inner: InnerNode; input: JsonObject } {
  const record = index.runs.get(run);
  const node = record === undefined ? undefined : index.definition.nodes[record.node];
  if (record === undefined || node === undefined) throw new Error(`There is no run "${run}" in "${path}"`);
  return { record, inner: innerOf(node), input: objectOf(record.input) };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** A definition is JSON by its schema; what it leaves out is left out of the fact. */
export function jsonOf(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value));
}
