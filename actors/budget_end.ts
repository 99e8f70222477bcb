// The end of an actor whose budget is used up and not extended: it and all below it get the word to stop.
import { hasEnded, isResting, type SessionState, stateName } from "../machines/session_state.ts";
import type { FactDraft } from "../src/protocol/facts.ts";

/** Who is told: the actor itself, or those below it that work while it rests. Each tells all below it in turn. */
export function budgetEnd(path: string, { state, by }: { state: SessionState; by: string }): FactDraft[] {
  const all = [...Object.entries(state.children), ...Object.entries(state.supervisors)];
  const below = Map.groupBy(all, ([, { parent }]) => parent);
  const ends = (actor: string): FactDraft[] =>
    works(actor, state)
      ? [{ actor, type: "turn.cancelled", data: { by, outcome: "limit" } }]
      : (below.get(actor) ?? []).flatMap(([child]) => ends(child));
  return ends(path);
}

function works(path: string, { agents, supervisors }: SessionState): boolean {
  const supervisor = supervisors[path];
  if (supervisor !== undefined) return !hasEnded(supervisor);
  const agent = agents[path];
  if (agent === undefined || isResting(agent)) return false;
  const name = stateName(agent);
  // One that is being cancelled has passed it on already; `settling` is shown as another state.
  return name !== "cancelling" && agent.value !== "settling";
}
