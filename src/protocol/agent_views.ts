// Definitions of agents as a client sees them: what an `Agent` call may name in a folder, and what is wrong with the rest.
import { z } from "zod";
import { actorBudget } from "./agent_facts.ts";
import { permissionMode } from "./permission_mode.ts";

export const agentDefinitionView = z.object({
  name: z.string(),
  description: z.string(),
  /** Who brings it: the folder, or the user. */
  source: z.enum(["workspace", "user"]),
  path: z.string(),
  tools: z.array(z.string()).optional(),
  disallowed_tools: z.array(z.string()).optional(),
  model: z.string().optional(),
  permission_mode: permissionMode.optional(),
  isolation: z.literal("worktree").optional(),
  background: z.boolean().optional(),
  max_turns: z.number().int().optional(),
  budget: actorBudget.optional(),
});
export type AgentDefinitionView = z.infer<typeof agentDefinitionView>;

export const agentsView = z.object({
  agents: z.array(agentDefinitionView),
  /** Files that define none: why, and for whom it matters. */
  broken: z.array(z.object({ path: z.string(), why: z.string() })),
});
export type AgentsView = z.infer<typeof agentsView>;
