// Attendance: since when an agent works without a person having had a hand in it, and how much of that time it rested.
import type { Fact } from "../src/protocol/facts.ts";

export interface Attendance {
  /** A fact of the agent itself. */
  apply(fact: Fact): void;
  /** A person had a hand in it. */
  begin(at: string): void;
  /** When a person last had; ISO 8601, "" for never. */
  readonly at: string;
  /** Of the time since then, how long the agent was at rest. */
  readonly restedMs: number;
}

export function createAttendance(): Attendance {
  let since = "";
  let restedMs = 0;
  /** The beginning of a rest that has not ended yet; ISO 8601. */
  let restingSince: string | null = null;

  const begin = (at: string): void => {
    since = at;
    restedMs = 0;
    restingSince = null;
  };
  /** Counts the rest up to now; it may go on. */
  const rest = (at: string): void => {
    if (restingSince === null) return;
    restedMs += Date.parse(at) - Date.parse(restingSince);
    restingSince = at;
  };

  return {
    begin,
    apply: (fact) => {
      if (isAnswer(fact)) return begin(fact.at);
      switch (fact.type) {
        case "message.received":
          // What leads an agent is no person: only its rest is over, with its next model call.
          if (fact.data.source !== "supervisor") begin(fact.at);
          return;
        case "agent.started":
          return begin(fact.at);
        case "turn.ended":
          restingSince = fact.at;
          return;
        case "background.ended":
          return rest(fact.at);
        case "model.called":
          rest(fact.at);
          restingSince = null;
      }
    },
    get at() {
      return since;
    },
    get restedMs() {
      return restedMs;
    },
  };
}

/** What a person said to a call, or to a limit. */
export function isAnswer(fact: Fact): boolean {
  if (fact.type === "call.denied") return fact.data.by !== "policy";
  return fact.type === "call.approved" || fact.type === "question.answered" ||
    fact.type === "budget.extended";
}
