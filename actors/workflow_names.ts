// What the names in a definition of a workflow mean at its start: models, and agents by the names of their definitions.
import { type AgentDefinition, type AgentSet, definitionNamed } from "../src/context/agent_definitions.ts";
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { WorkflowNames } from "../src/protocol/workflow_facts.ts";
import type { WorkflowDefinition } from "../src/workflow/definition.ts";
import { innerOf } from "../src/workflow/plan.ts";
import { definedModel, type ModelNames } from "./defined_model.ts";

export interface NameParts extends ModelNames {
  agents: AgentSet;
}

/** Throws a Problem that names what is not there. */
export function namesOf(definition: WorkflowDefinition, parts: NameParts): WorkflowNames {
  // Maps: "constructor" is a name like any other.
  const models = new Map<string, { provider: string; model: string }>();
  const agents = new Map<string, AgentProfile>();
  for (const { node, model, agent } of namedIn(definition)) {
    if (model !== undefined && !models.has(model)) models.set(model, parts.modelOf(model));
    if (agent !== undefined && !agents.has(agent)) {
      agents.set(agent, profileOf(found(agent, node, parts), parts));
    }
  }
  return {
    ...(models.size === 0 ? {} : { models: Object.fromEntries(models) }),
    ...(agents.size === 0 ? {} : { agents: Object.fromEntries(agents) }),
  };
}

interface Named {
  node: string;
  model?: string | undefined;
  agent?: string | undefined;
}

function namedIn(definition: WorkflowDefinition): Named[] {
  return Object.entries(definition.nodes).flatMap(([node, outer]): Named[] => {
    const inner = innerOf(outer);
    if (inner.kind === "agent") return [{ node, model: inner.model, agent: inner.agent }];
    if (inner.kind === "team") return inner.members.map(({ model, agent }) => ({ node, model, agent }));
    return inner.kind === "workflow" && inner.definition !== undefined ? namedIn(inner.definition) : [];
  });
}

function found(name: string, node: string, { agents: set }: NameParts): AgentDefinition {
  const agent = definitionNamed(set, name);
  if (agent !== undefined && !("why" in agent)) return agent;
  const why = agent === undefined
    ? `there is no agent "${name}"`
    : `the definition of "${name}" is wrong: ${agent.why}`;
  const known = set.agents.map((one) => one.name);
  throw new Problem("bad_request", `Cannot start the workflow: nodes.${node}.agent: ${why}`, {
    hint: known.length === 0 ? "Write one in .claude/agents" : `There are ${known.join(", ")}`,
  });
}

function profileOf(found: AgentDefinition, parts: NameParts): AgentProfile {
  const { name, instructions, tools, disallowed_tools, permission_mode, max_turns, budget } = found;
  const model = definedModel(found, parts);
  return {
    definition: name,
    ...(instructions === "" ? {} : { instructions }),
    ...(model === undefined ? {} : { model }),
    ...(tools === undefined ? {} : { tools }),
    ...(disallowed_tools === undefined ? {} : { disallowed_tools }),
    ...(permission_mode === undefined ? {} : { permission_mode }),
    ...(max_turns === undefined ? {} : { max_turns }),
    ...(budget === undefined ? {} : { budget }),
  };
}
