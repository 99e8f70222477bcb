// Facts of agents beside the main one, and of what leads them: sub-agents, members of teams and modes, mail, timers.
import { z } from "zod";
import { image } from "./model_parts.ts";
import { permissionMode } from "./permission_mode.ts";
import { restartPolicy } from "./supervisor_facts.ts";

/** What one actor may use; whoever is below it in the tree uses of the same. Units: tokens, US dollars, ms, model calls. */
export const actorBudget = z.object({
  tokens: z.number().int().positive().optional(),
  cost_usd: z.number().positive().optional(),
  wall_ms: z.number().int().positive().optional(),
  model_calls: z.number().int().positive().optional(),
  /** At a limit a person is asked, or whose budget it is ends with all below it. Left out: `ask`. */
  on_limit: z.enum(["ask", "stop"]).optional(),
});
export type ActorBudget = z.infer<typeof actorBudget>;

const chosenModel = z.object({ provider: z.string(), model: z.string() });

/** How an agent differs from its session's main one. What it may do is never more than its session allows. */
export const agentProfile = z.object({
  /** What others call it when they write to it; unique among those it knows. */
  name: z.string().optional(),
  /** The definition it was made from. */
  definition: z.string().optional(),
  role: z.string().optional(),
  /** Its own instructions, added to the system prompt. */
  instructions: z.string().optional(),
  model: chosenModel.optional(),
  /** Names of the tools it has; left out: those of the session. */
  tools: z.array(z.string()).optional(),
  disallowed_tools: z.array(z.string()).optional(),
  permission_mode: permissionMode.optional(),
  /** Model calls of one of its turns. */
  max_turns: z.number().int().positive().optional(),
  budget: actorBudget.optional(),
  /** The git worktree that it works in instead of the session's folder. */
  worktree: z.object({
    path: z.string(),
    branch: z.string(),
    repository: z.string(),
    base: z.string(),
    came_from: z.string(),
  }).optional(),
});
export type AgentProfile = z.infer<typeof agentProfile>;

/**
 * `task`: a call waits for its one turn. `background`: its one turn runs beside its parent, which is told of the end.
 * `member`: it rests between turns until whoever leads it ends it.
 */
export const agentKind = z.enum(["task", "background", "member"]);
export type AgentKind = z.infer<typeof agentKind>;

/** What an agent and all below it used. */
export const agentUsage = z.object({
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z.number().optional(),
  model_calls: z.number().int(),
  wall_ms: z.number().int(),
});
export type AgentUsage = z.infer<typeof agentUsage>;

export const agentFacts = {
  /** `parent`: the path of the actor that it reports to and that ends it. Its own path is the fact's `actor`. */
  "agent.started": z.object({
    agent: z.string(),
    parent: z.string(),
    description: z.string(),
    prompt: z.string(),
    /** Pictures that came with the message that it is to answer. */
    images: z.array(image).optional(),
    /** The call that began it; left out when a team, a mode or a workflow did. */
    call_id: z.string().optional(),
    /** Left out: `task`. */
    kind: agentKind.optional(),
    /** What becomes of it when its endpoint fails; left out: it is given up at once. A member's leader has its own policy. */
    restart: restartPolicy.optional(),
    ...agentProfile.shape,
  }),
  "agent.resumed": z.object({ agent: z.string() }),
  /** Its turn failed for what its endpoint did: it goes on where it was after a wait. */
  "agent.restarted": z.object({
    agent: z.string(),
    attempt: z.number().int(),
    after_ms: z.number().int(),
    error: z.string(),
  }),
  "agent.finished": z.object({ agent: z.string(), result: z.string(), usage: agentUsage.optional() }),
  "agent.failed": z.object({ agent: z.string(), error: z.string(), usage: agentUsage.optional() }),
  "agent.stopped": z.object({ agent: z.string(), reason: z.string(), usage: agentUsage.optional() }),
  /** Its last turn is over, and its worktree was looked at: removed when nothing was done in it, else kept. */
  "agent.worktree_left": z.object({
    agent: z.string(),
    path: z.string(),
    branch: z.string(),
    removed: z.boolean(),
    /** Why it is kept. */
    reason: z.string().optional(),
  }),
  /** Mail between agents. Being logged is being delivered: each of `to` (paths) reads it before its next model call. */
  "team.message_sent": z.object({
    message_id: z.string(),
    /** The name the sender goes by; its path is the fact's `actor`. */
    from: z.string(),
    to: z.array(z.string()).min(1),
    text: z.string(),
    /** Of the decision it follows from, when a supervisor wrote it. */
    key: z.string().optional(),
  }),
  /** A time that somebody waited for has come. */
  "timer.fired": z.object({ timer_id: z.string() }),
} as const;
