// Cancels that a crash cut short: an actor was told to stop, and not yet all of those below it.
import { livingLeader } from "../machines/actor_tree.ts";
import { hasEnded, isCancelling, type SessionState, stateName } from "../machines/session_state.ts";
import type { FactDraft, TurnOutcome } from "../src/protocol/facts.ts";

/** States in which a supervisor waits for what it leads to stop, by the machines of teams, modes and workflows. */
const stoppingStates = new Set(["ending", "closing", "stopping"]);

/** The first cancel that is still to be written, or null: writing one also writes those below it. */
export function owedCancel(state: SessionState): FactDraft | null {
  for (const [path, child] of Object.entries(state.children)) {
    if (!goesOn(state, path)) continue;
    const leader = livingLeader(state, child.parent);
    const outcome = stopOf(state, leader);
    if (outcome !== null) return cancel(path, leader, outcome);
  }
  for (const [path, supervisor] of Object.entries(state.supervisors)) {
    if (hasEnded(supervisor) || stoppingStates.has(stateName(supervisor.snapshot))) continue;
    const leader = livingLeader(state, supervisor.parent);
    const outcome = stopOf(state, leader);
    if (outcome !== null) return cancel(path, leader, outcome);
  }
  return null;
}

/** True for an agent that works, or waits to go on, and has not been told to stop. */
function goesOn(state: SessionState, path: string): boolean {
  const child = state.children[path];
  if (child === undefined || !Object.hasOwn(state.agents, path)) return false;
  const life = stateName(child.snapshot);
  return life === "waiting" || (life === "running" && !isCancelling(state, path));
}

type CancelOutcome = Extract<FactDraft, { type: "turn.cancelled" }>["data"]["outcome"];

/** How an actor was told to stop; null when it was not. */
function stopOf(state: SessionState, path: string): CancelOutcome | null {
  const supervisor = state.supervisors[path];
  if (supervisor !== undefined) {
    return stoppingStates.has(stateName(supervisor.snapshot)) ? "cancelled" : null;
  }
  const agent = state.agents[path];
  if (agent === undefined || !isCancelling(state, path)) return null;
  // The agent machine's own word, set by the cancel.
  const outcome = agent.context.outcome as TurnOutcome;
  return outcome === "completed" || outcome === "failed" ? "cancelled" : outcome;
}

function cancel(actor: string, by: string, outcome: CancelOutcome): FactDraft {
  return { actor, type: "turn.cancelled", data: { by, outcome } };
}
