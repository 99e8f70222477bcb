// Facts of orchestration modes: how several agents together answer one message. The actor is `main/mode:<run>`.
import { z } from "zod";
import { actorBudget, agentProfile } from "./agent_facts.ts";
import { decisionKey, restartPolicy, supervisorOutcome } from "./supervisor_facts.ts";

export const agentMode = z.enum(["single", "sequential", "parallel", "debate", "review"]);
export type AgentMode = z.infer<typeof agentMode>;

/** What a member is for: the last four are those of the modes that have them. */
export const modePart = z.enum(["member", "synthesiser", "judge", "author", "reviewer"]);

export const modeMember = agentProfile.extend({ name: z.string(), part: modePart });
export type ModeMember = z.infer<typeof modeMember>;

/** The members of a session's mode and when it stops. */
export const modeSettings = z.object({
  members: z.array(modeMember),
  rounds_max: z.number().int().positive(),
  restart: restartPolicy,
  budget: actorBudget.optional(),
});
export type ModeSettings = z.infer<typeof modeSettings>;

export const modeVerdict = z.enum(["agree", "disagree", "approve", "revise", "none"]);

export const modeFacts = {
  "mode.started": z.object({
    ...decisionKey,
    run: z.string(),
    mode: agentMode.exclude(["single"]),
    parent: z.string(),
    settings: modeSettings,
    /** The fact of the message that it answers. */
    of_seq: z.number().int(),
  }),
  /** What a member said in a round: its words are in the model's reply `request_id`. */
  "mode.said": z.object({
    ...decisionKey,
    member: z.string(),
    part: modePart,
    round: z.number().int(),
    what: z.enum(["answer", "critique", "revision", "review", "synthesis", "judgement"]),
    verdict: modeVerdict,
    request_id: z.string(),
  }),
  "mode.member_failed": z.object({
    ...decisionKey,
    member: z.string(),
    error: z.string(),
    attempt: z.number().int(),
    restarts: z.boolean(),
    after_ms: z.number().int(),
  }),
  "mode.round_ended": z.object({ ...decisionKey, round: z.number().int(), reason: z.string() }),
  /** `text` is what the session answers. */
  "mode.finished": z.object({
    ...decisionKey,
    run: z.string(),
    outcome: supervisorOutcome,
    reason: z.string(),
    text: z.string(),
  }),
} as const;
