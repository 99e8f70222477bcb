// Facts of supervisors, and what they are told of the agents, calls and timers they lead.
import type { Fact, FactOf, SupervisorFact } from "../src/protocol/facts.ts";
import { type Draft, note, stepAgent } from "./session_draft.ts";
import { hasEnded, stateName, type Supervisor, type SupervisorKind } from "./session_state.ts";
import { startMachine, stepMachine } from "./step.ts";
import type { SupervisorEvent, SupervisorStart } from "./supervisor_events.ts";
import { supervisorMachine } from "./supervisors.ts";

function startSupervisor(draft: Draft, fact: SupervisorStart): string | null {
  const { state } = draft;
  if (Object.hasOwn(state.supervisors, fact.actor)) return `"${fact.actor}" is already known`;
  const kind = kindOf(fact);
  const { parent } = fact.data;
  const callId = "call_id" in fact.data ? fact.data.call_id ?? null : null;
  const { actor, seq, at, data } = fact;
  // What a fact holds is JSON by its schema.
  const input = { actor, seq, at, data: data as never };
  const step = startMachine(supervisorMachine(kind), input);
  const supervisor = { kind, parent, callId, notifies: notifies(fact), snapshot: step.snapshot };
  state.supervisors = { ...state.supervisors, [actor]: supervisor };
  note(draft, `supervisor:${actor}`, step, actor);
  return null;
}

function kindOf(fact: SupervisorStart): SupervisorKind {
  if (fact.type === "mode.started") return fact.data.mode;
  return fact.type === "team.started" ? "team" : "workflow";
}

/** Whoever waits for a result by a call gets it there; whom a person began it beside is not disturbed. */
function notifies(fact: SupervisorStart): boolean {
  if (fact.type === "mode.started" || fact.data.by === "user") return false;
  return fact.type === "workflow.started" ? fact.data.call_id === undefined : fact.data.wait !== "foreground";
}

export function stepSupervisorFact(draft: Draft, fact: SupervisorFact): string | null {
  if (fact.type === "team.started" || fact.type === "mode.started" || fact.type === "workflow.started") {
    return startSupervisor(draft, fact);
  }
  const { type, seq, at, data } = fact;
  const before = draft.state.supervisors[fact.actor];
  // Type and data come from one fact.
  const refusal = stepSupervisor(draft, fact.actor, { type, seq, at, data } as SupervisorEvent);
  if (refusal !== null) return refusal;
  const after = draft.state.supervisors[fact.actor];
  if (before !== undefined && after !== undefined && !hasEnded(before) && hasEnded(after)) {
    tellParent(draft, fact, after);
  }
  return null;
}

/** Steps the machine of a supervisor; returns why it is refused, or null. */
export function stepSupervisor(draft: Draft, path: string, event: SupervisorEvent): string | null {
  const supervisor = draft.state.supervisors[path];
  if (supervisor === undefined) return `there is no "${path}"`;
  const step = stepMachine(supervisorMachine(supervisor.kind), supervisor.snapshot, event);
  if (step.ignored) return `"${path}" is ${stateName(supervisor.snapshot)}`;
  draft.state.supervisors = {
    ...draft.state.supervisors,
    [path]: { ...supervisor, snapshot: step.snapshot },
  };
  note(draft, `supervisor:${path}`, step, path);
  return null;
}

/** Whoever waits for the end of a supervisor: another one, the main agent's turn, or an agent that hears of it. */
function tellParent(draft: Draft, fact: Fact, { parent, notifies }: Supervisor): void {
  const { seq, at, actor } = fact;
  if (Object.hasOwn(draft.state.supervisors, parent)) {
    const completed = "outcome" in fact.data && fact.data.outcome === "completed";
    const how = completed ? "finished" : "failed";
    return void stepSupervisor(draft, parent, { type: "child.ended", seq, at, child: actor, how });
  }
  if (fact.type === "mode.finished") {
    const { outcome, reason } = fact.data;
    return void stepAgent(draft, parent, { type: "mode.finished", seq, outcome, reason });
  }
  if (notifies) stepAgent(draft, parent, { type: "background.ended", seq, wakes: true, nth: 0 });
}

/** A timer is told to whoever waits for it: it is named `<path of the supervisor>#<its own name>`. */
export function fireTimer(draft: Draft, fact: FactOf<"timer.fired">): string | null {
  const { seq, at } = fact;
  const { timer_id } = fact.data;
  if (!Object.hasOwn(draft.state.effects, `timer.wait:${timer_id}`)) return `nobody waits for "${timer_id}"`;
  const path = timer_id.slice(0, timer_id.lastIndexOf("#"));
  stepSupervisor(draft, path, { type: "timer.fired", seq, at, timer_id });
  return null;
}
