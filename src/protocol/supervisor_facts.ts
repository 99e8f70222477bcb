// What all facts of supervisors share: teams, runs of a mode and workflows each are an actor that leads other agents.
import { z } from "zod";

/**
 * Facts that a supervisor writes because of its own decision carry the key of that decision: it is unique in the
 * session, so that after a crash it is known which of them are still to be written.
 */
export const decisionKey = { key: z.string() };

/** How a supervisor ended: `stopped` by a person or with its parent, `limit` at a budget that nobody extended. */
export const supervisorOutcome = z.enum(["completed", "failed", "stopped", "limit"]);
export type SupervisorOutcome = z.infer<typeof supervisorOutcome>;

/** What becomes of an agent whose turn failed: begun again after a wait that doubles each time, then given up. */
export const restartPolicy = z.object({
  max: z.number().int().min(0).max(20),
  backoff_ms: z.number().int().min(0).max(3_600_000),
});
export type RestartPolicy = z.infer<typeof restartPolicy>;
