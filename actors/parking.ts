// Parking: what daemons died of again and again is not begun once more by itself.
import { isAlive, livingLeader, parentOf } from "../machines/actor_tree.ts";
import { isResting, owedWork, type SessionState } from "../machines/session_state.ts";
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import { deadlineOf } from "./timers.ts";

/**
 * The actors on whose owed effects a daemon works; whoever waits for a person, or for a time that is still to come, is none
 * of them. A time that has come is work: what follows from it is at hand.
 */
export function atWork(state: SessionState, nowMs: number): string[] {
  const works = owedWork(state).filter((effect) =>
    effect.kind !== "timer.wait" || deadlineOf(effect) <= nowMs
  );
  return [...new Set(works.map(({ actor }) => actor))];
}

/** Ends the main agent's turn and all below it, or, when it rests, what works beside it. */
export function parking(state: SessionState, nowMs: number): FactDraft[] {
  const main = state.agents[mainActor];
  const works = atWork(state, nowMs);
  const tops = main === undefined || isResting(main)
    ? new Set(works.map((actor) => topOf(state, actor)))
    : new Set(works.length > 0 ? [mainActor] : []);
  return [...tops].filter((actor) => isAlive(state, actor)).map((actor) => ({
    actor,
    type: "turn.cancelled",
    data: { by: "recovery", outcome: "parked" },
  }));
}

/** Who is above an actor and reports to the main agent. */
function topOf(state: SessionState, actor: string): string {
  for (let path = actor;;) {
    const parent = parentOf(state, path);
    const leader = parent === undefined ? mainActor : livingLeader(state, parent);
    if (leader === mainActor) return path;
    path = leader;
  }
}
