// Activity: since which fact each actor does what it does now. A fold, kept with the transcript.
import { type Fact, isSupervisorFact, mainActor } from "../src/protocol/facts.ts";

export interface Since {
  seq: number;
  at: string;
}

export interface Activity {
  apply(fact: Fact): void;
  /** Undefined for an actor that there never was. */
  since(actor: string): Since | undefined;
}

type Doing = "resting" | "thinking" | "acting" | "waiting" | "stopping" | "paused" | "ended";

export function createActivity(): Activity {
  const actors = new Map<string, { doing: Doing; since: Since }>();
  return {
    apply: (fact) => {
      const before = actors.get(fact.actor);
      const doing = doingAfter(fact, before?.doing);
      if (doing === undefined || doing === before?.doing) return;
      actors.set(fact.actor, { doing, since: { seq: fact.seq, at: fact.at } });
    },
    since: (actor) => actors.get(actor)?.since,
  };
}

/** Undefined for a fact that changes nothing of it. */
function doingAfter(fact: Fact, before: Doing | undefined): Doing | undefined {
  if (before === "ended") return undefined;
  switch (fact.type) {
    case "session.created":
      return fact.actor === mainActor ? "resting" : undefined;
    case "message.received":
      return before === "resting" || before === "paused" ? "thinking" : undefined;
    case "agent.started":
    case "model.called":
      return "thinking";
    case "call.approval_requested":
    case "question.asked":
      return "waiting";
    case "call.proposed":
    case "call.approved":
    case "call.denied":
    case "call.finished":
    case "call.failed":
    case "call.interrupted":
    case "question.answered":
      // What a person runs by hand beside a resting agent does not make it work.
      return before === "resting" || before === "stopping" ? undefined : "acting";
    case "budget.exceeded":
    case "agent.restarted":
      return "paused";
    case "budget.extended":
      return "thinking";
    case "turn.cancelled":
      return "stopping";
    case "turn.ended":
      return "resting";
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
    case "team.finished":
    case "mode.finished":
    case "workflow.finished":
      return "ended";
    case "workflow.paused":
      return "paused";
    case "workflow.resumed":
      return "acting";
    default:
      return isSupervisorFact(fact) && before === undefined ? "acting" : undefined;
  }
}
