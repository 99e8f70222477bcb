// What rules refuse of agents that no call begins: a node of a workflow is held to the rules about Agent and Team, and so are
// a team that a person begins and the members of a mode.
import type { PermissionRules } from "../src/permission/contract.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { WorkflowDefinition } from "../src/workflow/definition.ts";
import type { SessionMeta } from "../machines/session_meta.ts";
import { innerOf } from "../src/workflow/plan.ts";
import { agentToolName, teamToolName } from "./tool_names.ts";
import { refusedByRule } from "./judge_call.ts";
import type { ToolRegistry } from "./tool_registry.ts";

interface Parts {
  registry: ToolRegistry;
  rules: PermissionRules | undefined;
}

/** A call that would begin the same. */
interface Likeness {
  name: string;
  args: JsonObject;
}

const some = { prompt: "x" };

function likeAgent(definition: string | undefined): Likeness {
  const args: JsonObject = { description: "x", ...some };
  return {
    name: agentToolName,
    args: definition === undefined ? args : { ...args, subagent_type: definition },
  };
}

export function likeTeam(name: string): Likeness {
  return { name: teamToolName, args: { name, goal: "x", members: [{ name: "x", ...some }] } };
}

/** Throws a Problem with the rule that refuses one of them. */
export async function checkRefused(
  meta: SessionMeta | null,
  { registry, rules }: Parts,
  { what, likenesses }: { what: string; likenesses: readonly Likeness[] },
): Promise<void> {
  if (meta === null) return;
  const tools = await registry.of(meta.workspace);
  const looked = new Set<string>();
  for (const likeness of likenesses) {
    const key = JSON.stringify(likeness);
    if (looked.has(key)) continue;
    looked.add(key);
    const tool = tools.get(likeness.name);
    if (tool === undefined) continue;
    const parsed = tool.parse(likeness.args);
    // Passed over, it would begin whatever the rules say.
    if (!parsed.ok) throw new Error(`No call stands for ${what}: ${parsed.error}`);
    const record = { actor: mainActor, by: "user" } as const;
    const refused = await refusedByRule({ rules: rules ?? null, sandbox: null }, {
      meta,
      record,
      tool,
      call: parsed.call,
    });
    if (refused !== null) throw new Problem("forbidden", `Cannot start ${what}: ${refused}`);
  }
}

/** Throws a Problem when a rule refuses the members of the session's mode. */
export async function checkModeRefused(meta: SessionMeta | null, parts: Parts): Promise<void> {
  if (meta === null || meta.agentMode === "single") return;
  await checkRefused(meta, parts, { what: `mode "${meta.agentMode}"`, likenesses: [likeAgent(undefined)] });
}

/** What the nodes of a workflow, and of those inside it, begin. */
export function likenessesOf({ nodes }: WorkflowDefinition): Likeness[] {
  return Object.entries(nodes).flatMap(([id, node]): Likeness[] => {
    const inner = innerOf(node);
    if (inner.kind === "agent") return [likeAgent(inner.agent)];
    if (inner.kind === "team") {
      const defined = inner.members.filter(({ agent }) => agent !== undefined);
      return [likeTeam(id), ...defined.map(({ agent }) => likeAgent(agent))];
    }
    return inner.kind === "workflow" && inner.definition !== undefined ? likenessesOf(inner.definition) : [];
  });
}
