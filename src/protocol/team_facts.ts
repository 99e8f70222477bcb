// Facts of teams: members that write to each other, a task list, and the end of it all. The actor is `team:<id>`.
import { z } from "zod";
import { actorBudget, agentProfile } from "./agent_facts.ts";
import { decisionKey, restartPolicy, supervisorOutcome } from "./supervisor_facts.ts";
import { taskStatus } from "./work_facts.ts";

export const teamMember = agentProfile.extend({ name: z.string(), prompt: z.string() });
export type TeamMember = z.infer<typeof teamMember>;

/** What a team has to know of a task: who does it, and what it waits for. */
export const teamTask = z.object({
  task_id: z.string(),
  owner: z.string().nullable(),
  blocked_by: z.array(z.string()),
  status: taskStatus,
});
export type TeamTask = z.infer<typeof teamTask>;

/** Whoever starts a team waits for all of it, for none of it, or for its milestones. */
export const teamWait = z.enum(["foreground", "background", "hybrid"]);
export type TeamWait = z.infer<typeof teamWait>;

export const teamFacts = {
  "team.started": z.object({
    team: z.string(),
    name: z.string(),
    goal: z.string(),
    /** The path of the agent that leads it: the one whose call began it, else `main`. */
    parent: z.string(),
    call_id: z.string().optional(),
    by: z.enum(["model", "user"]),
    wait: teamWait,
    /** Named points that members reach; in `hybrid` the call ends when all are reached. */
    milestones: z.array(z.string()),
    members: z.array(teamMember),
    restart: restartPolicy,
    budget: actorBudget.optional(),
    /** The tasks that the session had by then. */
    tasks: z.array(teamTask).optional(),
  }),
  /** A member says that its work is done: its turn is its last. */
  "team.work_done": z.object({ member: z.string(), summary: z.string(), call_id: z.string() }),
  "team.milestone_reached": z.object({ milestone: z.string(), member: z.string(), call_id: z.string() }),
  /** The turn of a member failed; it begins again at `at`, or is given up. */
  "team.member_failed": z.object({
    ...decisionKey,
    member: z.string(),
    error: z.string(),
    attempt: z.number().int(),
    restarts: z.boolean(),
    after_ms: z.number().int(),
  }),
  /** Everybody rests and nothing is under way: why, and what is done about it. */
  "team.round_ended": z.object({
    ...decisionKey,
    round: z.number().int(),
    resting: z.array(z.string()),
    /** Those of them for whom something is under way that will wake them. */
    waiting: z.array(z.string()).optional(),
    reason: z.string(),
  }),
  "team.finished": z.object({
    ...decisionKey,
    team: z.string(),
    outcome: supervisorOutcome,
    reason: z.string(),
    members: z.array(z.object({ name: z.string(), state: z.string(), summary: z.string() })),
  }),
} as const;
