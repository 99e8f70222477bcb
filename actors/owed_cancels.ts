// Cancels that a crash cut short: an actor was told to stop, and not yet all of those below it.
import { hasEnded, type SessionState, stateName } from "../machines/session_state.ts";
import type { FactDraft, TurnOutcome } from "../src/protocol/facts.ts";

/** States in which a supervisor waits for what it leads to stop, by the machines of teams, modes and workflows. */
const stoppingStates = new Set(["ending", "closing", "stopping"]);

/** The first cancel that is still to be written, or null: writing one also writes those below it. */
export function owedCancel(state: SessionState): FactDraft | null {
  for (const [path, child] of Object.entries(state.children)) {
    const loop = state.agents[path];
    if (stateName(child.snapshot) !== "running" || loop === undefined || stateName(loop) === "cancelling") {
      continue;
    }
    const outcome = stopOf(state, child.parent);
    if (outcome !== null) return cancel(path, child.parent, outcome);
  }
  for (const [path, supervisor] of Object.entries(state.supervisors)) {
    if (hasEnded(supervisor) || stoppingStates.has(stateName(supervisor.snapshot))) continue;
    const outcome = stopOf(state, supervisor.parent);
    if (outcome !== null) return cancel(path, supervisor.parent, outcome);
  }
  return null;
}

type CancelOutcome = Extract<FactDraft, { type: "turn.cancelled" }>["data"]["outcome"];

/** How an actor was told to stop; null when it was not. */
function stopOf(state: SessionState, path: string): CancelOutcome | null {
  const supervisor = state.supervisors[path];
  if (supervisor !== undefined) {
    return stoppingStates.has(stateName(supervisor.snapshot)) ? "cancelled" : null;
  }
  const agent = state.agents[path];
  if (agent === undefined || stateName(agent) !== "cancelling") return null;
  // The agent machine's own word, set by the cancel.
  const outcome = agent.context.outcome as TurnOutcome;
  return outcome === "completed" || outcome === "failed" ? "cancelled" : outcome;
}

function cancel(actor: string, by: string, outcome: CancelOutcome): FactDraft {
  return { actor, type: "turn.cancelled", data: { by, outcome } };
}
