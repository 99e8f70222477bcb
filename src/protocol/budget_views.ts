// Budgets on the wire: what each actor may use and has used, who waits at a limit, and a person's answer.
import { z } from "zod";
import { actorName } from "./commands.ts";
import { budgetLimit } from "./work_facts.ts";

export const answerBudgetBody = z.strictObject({
  decision: z.enum(["continue", "stop"]),
  /** Only what this actor waits for, or waits at its budget: its name or path. Left out: all that wait at a limit. */
  actor: actorName.optional(),
});

export const pausedAgent = z.object({
  actor: z.string(),
  limit: budgetLimit,
  used: z.number(),
  max: z.number(),
  detail: z.string().optional(),
  /** The path of the actor whose budget it is; left out: a limit that every session has. */
  of: z.string().optional(),
});
export type PausedAgent = z.infer<typeof pausedAgent>;

/** One limit of an actor that has a budget; units: tokens, US dollars, model calls, ms of work. */
export const budgetView = z.object({
  actor: z.string(),
  limit: budgetLimit,
  used: z.number(),
  /** Held back for model calls under way. */
  reserved: z.number(),
  max: z.number(),
});
export type BudgetView = z.infer<typeof budgetView>;
