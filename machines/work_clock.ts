// The work clock: for how long something was under way at an actor or below it. Waiting for a person, for another agent or
// for a daemon to come back is no work.
import type { Fact } from "../src/protocol/facts.ts";

export interface WorkClock {
  apply(fact: Fact): void;
  /** Up to now; ms. */
  worked(path: string, nowMs: number): number;
}

interface Hours {
  /** Calls of models and tools under way. */
  open: number;
  sinceMs: number;
  workedMs: number;
}

/** `above`: the actor and all above it. */
export function createWorkClock(above: (actor: string) => string[]): WorkClock {
  const hours = new Map<string, Hours>();
  /** What is under way, and whose it is. */
  const units = new Map<string, string>();
  let lastMs = 0;

  const of = (path: string): Hours => {
    const known = hours.get(path);
    if (known !== undefined) return known;
    const made = { open: 0, sinceMs: 0, workedMs: 0 };
    hours.set(path, made);
    return made;
  };
  const begin = (unit: string, actor: string, nowMs: number): void => {
    if (units.has(unit)) return;
    units.set(unit, actor);
    for (const own of above(actor).map(of)) {
      if (own.open === 0) own.sinceMs = nowMs;
      own.open += 1;
    }
  };
  const end = (unit: string, nowMs: number): void => {
    const actor = units.get(unit);
    if (actor === undefined) return;
    units.delete(unit);
    for (const own of above(actor).map(of)) {
      own.open -= 1;
      if (own.open === 0) own.workedMs += Math.max(0, nowMs - own.sinceMs);
    }
  };
  const endAll = (nowMs: number, actor?: string): void => {
    for (const [unit, whose] of units) if (actor === undefined || whose === actor) end(unit, nowMs);
  };

  return {
    apply: (fact) => {
      const nowMs = Date.parse(fact.at);
      const before = lastMs;
      lastMs = nowMs;
      switch (fact.type) {
        case "model.called":
          return begin(`model ${fact.data.request_id}`, fact.actor, nowMs);
        case "model.replied":
        case "model.failed":
          return end(`model ${fact.data.request_id}`, nowMs);
        case "call.started":
          return begin(`call ${fact.data.call_id}`, fact.actor, nowMs);
        case "call.finished":
        case "call.failed":
        case "call.denied":
        case "call.interrupted":
        // A person is asked: that may take days.
        case "question.asked":
          return end(`call ${fact.data.call_id}`, nowMs);
        case "agent.started":
        case "team.started":
        case "workflow.started":
          // The call that began it only waits from now on.
          return end(`call ${fact.data.call_id ?? ""}`, nowMs);
        case "budget.exceeded":
        case "agent.finished":
        case "agent.failed":
        case "agent.stopped":
          return endAll(nowMs, fact.actor);
        // Nobody worked while there was no daemon.
        case "session.owned":
          return endAll(before);
        case "session.forked":
          return endAll(nowMs);
      }
    },
    worked: (path, nowMs) => {
      const own = hours.get(path);
      if (own === undefined) return 0;
      return own.workedMs + (own.open > 0 ? Math.max(0, nowMs - own.sinceMs) : 0);
    },
  };
}
