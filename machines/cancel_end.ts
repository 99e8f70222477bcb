// How a team, a mode or a workflow ends that was told to: the same words for all of them.
import type { TurnOutcome } from "../src/protocol/facts.ts";
import type { SupervisorOutcome } from "../src/protocol/supervisor_facts.ts";

export const parkedReason =
  "it was parked, because one daemon after the other ended while it worked: the log of the daemon says why";
export const cancelledReason = "it was cancelled";

export function cancelEnd(told: TurnOutcome): { outcome: SupervisorOutcome; reason: string } {
  if (told === "limit") return { outcome: "limit", reason: "a budget was used up" };
  return { outcome: "stopped", reason: told === "parked" ? parkedReason : cancelledReason };
}
