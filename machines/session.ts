// The session step: one fact in, the next state of all actors of a session and the effects they ask for out.
// Pure: it routes the fact to the machines it concerns and keeps the table of effects that are owed.
import {
  type Fact,
  type FactOf,
  type FactType,
  isCallFact,
  isSupervisorFact,
  mainActor,
} from "../src/protocol/facts.ts";
import { agentMachine } from "./agent.ts";
import type { AgentEvent } from "./agent_events.ts";
import { withoutAmbientWorld } from "./determinism.ts";
import { effectKinds, type EffectTable, owedAfter, type PendingEffect, pendingEffect } from "./effects.ts";
import { propose, stepCall } from "./session_calls.ts";
import {
  cancelWait,
  deliverMail,
  endBackground,
  endWait,
  followLoops,
  noteRestart,
  startBackground,
  startChild,
  stepChildFact,
} from "./session_children.ts";
import { type Draft, openDraft, postDigest, putAgent, stepAgent } from "./session_draft.ts";
import { isLeaving, type SessionState } from "./session_state.ts";
import { fireTimer, stepSupervisor, stepSupervisorFact } from "./session_supervisors.ts";
import { tellTeams } from "./session_teams.ts";
import { startMachine } from "./step.ts";

export type SessionStep =
  | { ignored: false; state: SessionState; effects: PendingEffect[]; signals: PendingEffect[]; post: string }
  /** Nothing in the current state takes this fact: it must not be logged. */
  | { ignored: true; why: string };

/** Facts that only the session's fold reads. */
const metaOnly: ReadonlySet<FactType> = new Set<FactType>([
  "session.created",
  "session.renamed",
  "session.owned",
  "session.upgraded",
  "session.mode_changed",
  "session.sandbox_changed",
  "session.rules_set",
  "session.model_changed",
  "session.workspace_changed",
  "todo.written",
  "task.created",
  "task.updated",
  "file.changed",
  "context.compact_requested",
  "context.compacted",
  "hook.registered",
  "hook.ran",
]);

export function stepSession(state: SessionState, fact: Fact): SessionStep {
  return withoutAmbientWorld(() => step(state, fact));
}

function step(state: SessionState, fact: Fact): SessionStep {
  const draft = openDraft(state, fact);
  const refusal = route(draft, fact);
  if (refusal !== null) return { ignored: true, why: refusal };
  followLoops(draft, fact);
  tellTeams(draft, fact);
  const asked = draft.requests.map(({ request, actor }) => pendingEffect(request, actor));
  const signals = asked.filter((effect) => effectKinds[effect.kind].class === "signal");
  const effects = asked.filter((effect) => effectKinds[effect.kind].class !== "signal");
  draft.state.effects = withoutDropped(owedAfter(state.effects, fact, effects), signals);
  return { ignored: false, state: draft.state, effects, signals, post: postDigest(draft) };
}

/** Timers for which nobody waits any more are not owed. */
function withoutDropped(owed: EffectTable, signals: readonly PendingEffect[]): EffectTable {
  const dropped = signals.filter(({ kind }) => kind === "timer.drop")
    .map(({ params }) => `timer.wait:${params.timer_id}`).filter((key) => Object.hasOwn(owed, key));
  if (dropped.length === 0) return owed;
  return Object.fromEntries(Object.entries(owed).filter(([key]) => !dropped.includes(key)));
}

/** Sends the fact to the machines it concerns; returns why it is refused, or null. */
function route(draft: Draft, fact: Fact): string | null {
  if (draft.state.meta === null) return "the session has not been created";
  if (fact.type === "session.created") {
    const conducts = fact.data.agent_mode !== "single";
    putAgent(draft, mainActor, startMachine(agentMachine, { conducts }));
    return null;
  }
  if (metaOnly.has(fact.type)) return null;
  switch (fact.type) {
    case "session.forked":
      for (const actor of Object.keys(draft.state.agents)) {
        stepAgent(draft, actor, { type: fact.type, seq: fact.seq });
        cancelWait(draft, actor, "interrupted");
      }
      for (const path of Object.keys(draft.state.supervisors)) {
        stepSupervisor(draft, path, { type: fact.type, seq: fact.seq, at: fact.at });
      }
      return null;
    case "session.archived":
    case "session.restored":
      return stepAgent(draft, mainActor, { type: fact.type, seq: fact.seq });
    case "call.proposed":
      return propose(draft, fact);
    case "question.asked":
    case "question.answered":
      return stepCall(draft, fact);
    case "background.started":
      return startBackground(draft, fact);
    case "background.ended":
      return endBackground(draft, fact);
    case "agent.started":
      return startChild(draft, fact);
    case "agent.restarted":
      return noteRestart(draft, fact);
    case "agent.resumed":
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
    case "agent.worktree_left":
      return stepChildFact(draft, fact);
    case "team.message_sent":
      return deliverMail(draft, fact);
    case "timer.fired":
      endWait(draft, fact);
      return fireTimer(draft, fact);
    case "turn.cancelled":
      if (Object.hasOwn(draft.state.supervisors, fact.actor)) return cancelSupervisor(draft, fact);
      return cancelWait(draft, fact.actor, fact.data.outcome) ? null : stepLoop(draft, fact);
    default:
      if (isSupervisorFact(fact)) return stepSupervisorFact(draft, fact);
      return isCallFact(fact) ? stepCall(draft, fact) : stepLoop(draft, fact);
  }
}

function cancelSupervisor(draft: Draft, { actor, seq, at, data }: FactOf<"turn.cancelled">): string | null {
  return stepSupervisor(draft, actor, { type: "turn.cancelled", seq, at, outcome: data.outcome });
}

/** Facts of an agent's own loop: messages, model calls, ends of turns. */
function stepLoop(draft: Draft, fact: Fact): string | null {
  const event = agentEvent(fact);
  if (fact.type === "message.received" && isLeaving(draft.state, fact.actor)) {
    return `"${fact.actor}" is at its end`;
  }
  if (event === null) return `nothing takes a fact of type "${fact.type}"`;
  return stepAgent(draft, fact.actor, event);
}

function agentEvent(fact: Fact): AgentEvent | null {
  const { seq } = fact;
  switch (fact.type) {
    case "message.received": {
      const { delivery, max_steps } = fact.data;
      return { type: fact.type, seq, delivery, ...(max_steps === undefined ? {} : { max_steps }) };
    }
    case "model.called":
      return { type: fact.type, seq, request_id: fact.data.request_id };
    case "model.replied": {
      const { request_id, calls } = fact.data;
      return { type: fact.type, seq, request_id, call_ids: calls.map((call) => call.call_id) };
    }
    case "model.failed": {
      const { request_id, error } = fact.data;
      return { type: fact.type, seq, request_id, error };
    }
    case "budget.exceeded": {
      const { on_limit, of = fact.actor } = fact.data;
      return { type: fact.type, seq, ...(on_limit === "stop" ? { stops: of } : {}) };
    }
    case "budget.extended":
      return { type: fact.type, seq };
    case "turn.cancelled":
      return { type: fact.type, seq, outcome: fact.data.outcome };
    case "turn.ended":
      return { type: fact.type, seq, outcome: fact.data.outcome };
    default:
      return null;
  }
}
