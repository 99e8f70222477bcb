// How many of a session's other agents work, and how many wait for a person: counted from the facts as they come.
import { type EventEnvelope, mainActor } from "../protocol/facts.ts";
import { countText } from "./tree_text.ts";

export interface AgentTally {
  fact(event: EventEnvelope): void;
  /** `2 work, 1 waits`; "" when none does. */
  text(): string;
}

export function createAgentTally(): AgentTally {
  const working = new Set<string>();
  /** What each agent waits for: calls, and its limit. */
  const waiting = new Map<string, Set<string>>();

  function wait(actor: string, what: string): void {
    waiting.set(actor, (waiting.get(actor) ?? new Set()).add(what));
  }
  function goOn(actor: string, what: string): void {
    const open = waiting.get(actor);
    open?.delete(what);
    if (open?.size === 0) waiting.delete(actor);
  }
  return {
    fact({ type, actor, data }) {
      if (actor === mainActor) return;
      switch (type) {
        case "agent.started":
        case "model.called":
          goOn(actor, limit);
          return void working.add(actor);
        case "call.approval_requested":
        case "question.asked":
          return wait(actor, String(data["call_id"]));
        case "budget.exceeded":
          return wait(actor, limit);
        case "budget.extended":
          return goOn(actor, limit);
        case "call.approved":
        case "call.denied":
        case "call.finished":
        case "call.failed":
        case "call.interrupted":
        case "question.answered":
          return goOn(actor, String(data["call_id"]));
        case "turn.ended":
        case "agent.finished":
        case "agent.failed":
        case "agent.stopped":
          working.delete(actor);
          waiting.delete(actor);
      }
    },
    text() {
      const waits = [...waiting.keys()].filter((actor) => working.has(actor)).length;
      return countText({ working: working.size - waits, waiting: waits });
    },
  };
}

const limit = "limit";
