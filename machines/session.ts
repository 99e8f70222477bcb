// The session step: one fact in, the next state of all actors of a session and the effects they ask for out.
// Pure: it routes the fact to the machines it concerns and keeps the table of effects that are owed.
import type { AnyMachineSnapshot } from "xstate";
import type { CallFact, Fact, FactOf } from "../src/protocol/facts.ts";
import { isCallFact, mainActor } from "../src/protocol/facts.ts";
import { type AgentEvent, agentMachine } from "./agent.ts";
import { withoutAmbientWorld } from "./determinism.ts";
import { digest } from "./digest.ts";
import { effectKinds, owedAfter, type PendingEffect, pendingEffect } from "./effects.ts";
import { foldMeta } from "./session_meta.ts";
import { type OpenCall, type SessionState, stateName } from "./session_state.ts";
import { type EffectRequest, type MachineStep, startMachine, stepMachine, toPlain } from "./step.ts";
import { subAgentMachine } from "./sub_agent.ts";
import { toolCallMachine } from "./tool_call.ts";

export type SessionStep =
  | { ignored: false; state: SessionState; effects: PendingEffect[]; signals: PendingEffect[]; post: string }
  /** Nothing in the current state takes this fact: it must not be logged. */
  | { ignored: true; why: string };

/** Facts that only the session's fold reads. */
const metaOnly = new Set(["session.created", "session.renamed", "session.owned"]);

export function stepSession(state: SessionState, fact: Fact): SessionStep {
  return withoutAmbientWorld(() => step(state, fact));
}

function step(state: SessionState, fact: Fact): SessionStep {
  const draft = openDraft(state, fact);
  const refusal = route(draft, fact);
  if (refusal !== null) return { ignored: true, why: refusal };
  const asked = draft.requests.map(({ request, actor }) => pendingEffect(request, actor));
  const signals = asked.filter((effect) => effectKinds[effect.kind].class === "signal");
  const effects = asked.filter((effect) => effectKinds[effect.kind].class !== "signal");
  draft.state.effects = owedAfter(state.effects, fact, effects);
  return { ignored: false, state: draft.state, effects, signals, post: postDigest(draft) };
}

interface Draft {
  state: { -readonly [K in keyof SessionState]: SessionState[K] };
  requests: { request: EffectRequest; actor: string }[];
  /** Names of the parts this step replaced: what the digest covers. */
  touched: { name: string; snapshot: AnyMachineSnapshot }[];
  metaTouched: boolean;
}

function openDraft(state: SessionState, fact: Fact): Draft {
  const meta = foldMeta(state.meta, fact);
  return {
    state: { ...state, seq: fact.seq, at: fact.at, meta },
    requests: [],
    touched: [],
    metaTouched: meta !== state.meta,
  };
}

/** Sends the fact to the machines it concerns; returns why it is refused, or null. */
function route(draft: Draft, fact: Fact): string | null {
  if (draft.state.meta === null) return "the session has not been created";
  if (fact.type === "session.created") {
    putAgent(draft, mainActor, startMachine(agentMachine));
    return null;
  }
  if (metaOnly.has(fact.type)) return null;
  switch (fact.type) {
    case "session.forked":
      for (const actor of Object.keys(draft.state.agents)) {
        stepAgent(draft, actor, { type: fact.type, seq: fact.seq });
      }
      return null;
    case "session.archived":
    case "session.restored":
      return stepAgent(draft, mainActor, { type: fact.type, seq: fact.seq });
    case "call.proposed":
      return propose(draft, fact);
    case "agent.started":
      return startChild(draft, fact);
    case "agent.resumed":
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
      return stepChild(draft, fact.actor, fact);
    default:
      return isCallFact(fact) ? stepCall(draft, fact) : stepLoop(draft, fact);
  }
}

/** Facts of an agent's own loop: messages, model calls, ends of turns. */
function stepLoop(draft: Draft, fact: Fact): string | null {
  const event = agentEvent(fact);
  if (event === null) return `nothing takes a fact of type "${fact.type}"`;
  const refusal = stepAgent(draft, fact.actor, event);
  if (refusal !== null) return refusal;
  if (fact.type === "turn.ended" && Object.hasOwn(draft.state.children, fact.actor)) {
    return stepChild(draft, fact.actor, { type: "turn.ended", outcome: fact.data.outcome });
  }
  return null;
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
    case "turn.cancelled":
      return { type: fact.type, seq, outcome: fact.data.outcome };
    case "turn.ended":
      return { type: fact.type, seq, outcome: fact.data.outcome };
    default:
      return null;
  }
}

function propose(draft: Draft, fact: FactOf<"call.proposed">): string | null {
  const { call_id, name, by } = fact.data;
  if (Object.hasOwn(draft.state.calls, call_id)) return `call "${call_id}" is already known`;
  if (draft.state.meta?.archived) return "the session is archived";
  const step = startMachine(toolCallMachine, { callId: call_id, name });
  const call: OpenCall = { actor: fact.actor, name, by, asked: null, snapshot: step.snapshot };
  draft.state.calls = { ...draft.state.calls, [call_id]: call };
  note(draft, `call:${call_id}`, step, fact.actor);
  return null;
}

function stepCall(draft: Draft, fact: CallFact): string | null {
  const callId = fact.data.call_id;
  const call = draft.state.calls[callId];
  if (call === undefined) return `there is no open call "${callId}"`;
  if (call.by === "model" && startsWork(fact) && isCancelling(draft.state.agents[call.actor])) {
    return "the turn is being cancelled";
  }
  const step = stepMachine(toolCallMachine, call.snapshot, { type: fact.type });
  if (step.ignored) return `call "${callId}" is ${stateName(call.snapshot)}`;
  const asked = fact.type === "call.approval_requested" ? { digest: fact.data.digest, seq: fact.seq } : null;
  note(draft, `call:${callId}`, step, call.actor);
  const ended = step.snapshot.status === "done";
  const { [callId]: _before, ...others } = draft.state.calls;
  draft.state.calls = ended ? others : { ...others, [callId]: { ...call, asked, snapshot: step.snapshot } };
  if (call.by === "model") tellAgent(draft, call.actor, fact, { callId, ended });
  return null;
}

function tellAgent(draft: Draft, actor: string, fact: Fact, call: { callId: string; ended: boolean }): void {
  const { seq } = fact;
  const call_id = call.callId;
  if (call.ended) stepAgent(draft, actor, { type: "call.ended", seq, call_id });
  else if (fact.type === "call.approval_requested" || fact.type === "call.approved") {
    stepAgent(draft, actor, { type: fact.type, seq, call_id });
  }
}

function startsWork(fact: Fact): boolean {
  return fact.type === "call.approval_requested" || fact.type === "call.approved" ||
    fact.type === "call.started";
}

function isCancelling(snapshot: AnyMachineSnapshot | undefined): boolean {
  return snapshot !== undefined && stateName(snapshot) === "cancelling";
}

function startChild(draft: Draft, fact: FactOf<"agent.started">): string | null {
  if (Object.hasOwn(draft.state.children, fact.actor)) return `agent "${fact.data.agent}" is already known`;
  const { agent, parent, call_id } = fact.data;
  const life = startMachine(subAgentMachine, { agent, callId: call_id });
  draft.state.children = {
    ...draft.state.children,
    [fact.actor]: { parent, callId: call_id, snapshot: life.snapshot },
  };
  note(draft, `child:${fact.actor}`, life, fact.actor);
  putAgent(draft, fact.actor, startMachine(agentMachine));
  return stepAgent(draft, fact.actor, { type: "message.received", seq: fact.seq, delivery: "steer" });
}

function stepChild(draft: Draft, actor: string, event: { type: string; outcome?: string }): string | null {
  const child = draft.state.children[actor];
  if (child === undefined) return `there is no agent "${actor}"`;
  const step = stepMachine(subAgentMachine, child.snapshot, {
    type: event.type,
    ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
  });
  if (step.ignored) return `agent "${actor}" is ${stateName(child.snapshot)}`;
  draft.state.children = { ...draft.state.children, [actor]: { ...child, snapshot: step.snapshot } };
  note(draft, `child:${actor}`, step, actor);
  // The loop of an ended child takes nothing any more: only how it ended is kept.
  if (["finished", "failed", "stopped"].includes(stateName(step.snapshot))) {
    const { [actor]: _ended, ...agents } = draft.state.agents;
    draft.state.agents = agents;
  }
  return null;
}

function stepAgent(draft: Draft, actor: string, event: AgentEvent): string | null {
  const snapshot = draft.state.agents[actor];
  if (snapshot === undefined) return `there is no agent "${actor}"`;
  const step = stepMachine(agentMachine, snapshot, event);
  if (step.ignored) return `agent "${actor}" is ${stateName(snapshot)}`;
  putAgent(draft, actor, step);
  return null;
}

function putAgent(draft: Draft, actor: string, step: MachineStep): void {
  draft.state.agents = { ...draft.state.agents, [actor]: step.snapshot };
  note(draft, `agent:${actor}`, step, actor);
}

function note(draft: Draft, name: string, step: MachineStep, actor: string): void {
  draft.touched.push({ name, snapshot: step.snapshot });
  for (const request of step.effects) draft.requests.push({ request, actor });
}

function postDigest(draft: Draft): string {
  const parts = draft.touched.map(({ name, snapshot }) => [name, toPlain(snapshot)]);
  return digest(JSON.stringify([parts, draft.metaTouched ? draft.state.meta : 0, draft.state.effects]));
}
