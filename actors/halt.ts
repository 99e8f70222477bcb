// Halting: what a graceful stop does to the work of a session.
import type { AnyMachineSnapshot } from "xstate";
import { hasEnded, isResting, type SessionState, stateName } from "../machines/session_state.ts";
import type { SessionActor } from "./session_port.ts";

/**
 * Stops what runs, and records it; what waits for a person keeps waiting over a restart. What a team, a mode or a workflow
 * does is no turn that a person would begin again: while there is one, all work of the session is left owed and goes on with
 * the next daemon, for the end of a turn above it would be its end as well.
 */
export function haltWork(actor: SessionActor): void {
  const state = actor.state();
  const goesOn = Object.values(state.supervisors).some((supervisor) => !hasEnded(supervisor));
  for (const [path, snapshot] of Object.entries(state.agents)) {
    if (goesOn || isResting(snapshot) || waitsForPerson(state, path, snapshot)) {
      actor.stopWork(path, "shutdown");
    } else {
      actor.tell({ actor: path, type: "turn.cancelled", data: { by: "shutdown", outcome: "interrupted" } })
        // A log that fails has said so.
        .then(() => actor.stopWork(path, "shutdown"), () => {});
    }
  }
  // Calls of nodes: they say that the daemon was stopped, not what their process said when it was ended with it.
  for (const path of Object.keys(state.supervisors)) actor.stopWork(path, "shutdown");
  // What sub-agents left running when they ended.
  for (const { actor: path } of Object.values(state.backgrounds)) {
    if (!Object.hasOwn(state.agents, path)) actor.stopWork(path, "shutdown");
  }
}

function waitsForPerson(state: SessionState, path: string, snapshot: AnyMachineSnapshot): boolean {
  const name = stateName(snapshot);
  if (name === "waiting_for_approval" || name === "paused") return true;
  return name === "acting" && Object.entries(state.children).some(([child, { parent }]) => {
    const inner = state.agents[child];
    return parent === path && inner !== undefined && waitsForPerson(state, child, inner);
  });
}
