// Halting: what a graceful stop does to the work of a session.
import type { AnyMachineSnapshot } from "xstate";
import { hasEnded, isResting, type SessionState, stateName } from "../machines/session_state.ts";
import type { SessionActor } from "./session_port.ts";

/**
 * Stops what runs, and records it; what waits for a person keeps waiting over a restart. What a team, a mode or a workflow
 * does is no turn that a person would begin again: it is left owed, and goes on with the next daemon.
 */
export function haltWork(actor: SessionActor): void {
  const state = actor.state();
  for (const [path, snapshot] of Object.entries(state.agents)) {
    const goesOn = waitsForPerson(state, path, snapshot) || isSupervised(state, path) ||
      isCarried(state, path);
    if (isResting(snapshot) || goesOn) actor.stopWork(path, "shutdown");
    else {
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

/** True when a team, a mode or a workflow is above the agent. */
function isSupervised(state: SessionState, path: string): boolean {
  for (let child = state.children[path]; child !== undefined; child = state.children[child.parent]) {
    if (Object.hasOwn(state.supervisors, child.parent) || child.kind === "member") return true;
  }
  return false;
}

/** True when all that an agent waits for is done by supervisors: the calls that began them, or the run of its mode. */
function isCarried(state: SessionState, path: string): boolean {
  const own = Object.values(state.supervisors).filter((one) => one.parent === path && !hasEnded(one));
  if (own.length === 0) return false;
  const calls = Object.entries(state.calls).filter(([, call]) => call.actor === path && call.by === "model");
  return Object.keys(state.effects).every((key) =>
    key !== `model.call:${state.agents[path]?.context.request}`
  ) &&
    calls.every(([id]) => own.some(({ callId }) => callId === id));
}

function waitsForPerson(state: SessionState, path: string, snapshot: AnyMachineSnapshot): boolean {
  const name = stateName(snapshot);
  if (name === "waiting_for_approval" || name === "paused") return true;
  return name === "acting" && Object.entries(state.children).some(([child, { parent }]) => {
    const inner = state.agents[child];
    return parent === path && inner !== undefined && waitsForPerson(state, child, inner);
  });
}
