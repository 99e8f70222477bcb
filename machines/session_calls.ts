// Facts of tool calls, and what the agent whose calls they are is told of them.
import type { CallFact, Fact, FactOf } from "../src/protocol/facts.ts";
import { type Draft, note, stepAgent } from "./session_draft.ts";
import { isCancelling, type OpenCall, stateName } from "./session_state.ts";
import { stepSupervisor } from "./session_supervisors.ts";
import { startMachine, stepMachine } from "./step.ts";
import { toolCallMachine } from "./tool_call.ts";

export type QuestionFact = FactOf<"question.asked" | "question.answered">;

export function propose(draft: Draft, fact: FactOf<"call.proposed">): string | null {
  const { call_id, name, by } = fact.data;
  if (Object.hasOwn(draft.state.calls, call_id)) return `call "${call_id}" is already known`;
  if (draft.state.meta?.archived) return "the session is archived";
  const step = startMachine(toolCallMachine, { callId: call_id, name });
  const call: OpenCall = { actor: fact.actor, name, by, asked: null, snapshot: step.snapshot };
  draft.state.calls = { ...draft.state.calls, [call_id]: call };
  note(draft, `call:${call_id}`, step, fact.actor);
  return null;
}

export function stepCall(draft: Draft, fact: CallFact | QuestionFact): string | null {
  const callId = fact.data.call_id;
  const call = draft.state.calls[callId];
  if (call === undefined) return `there is no open call "${callId}"`;
  if (call.by === "model" && startsWork(fact) && isCancelling(draft.state, call.actor)) {
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
  else if (call.by === "supervisor" && ended) tellSupervisor(draft, call.actor, fact, callId);
  return null;
}

function tellSupervisor(draft: Draft, path: string, { type, seq, at }: Fact, call_id: string): void {
  // The machine of a call ends with these four and no other fact.
  const how = type.slice("call.".length) as "finished" | "failed" | "denied" | "interrupted";
  stepSupervisor(draft, path, { type: "call.ended", seq, at, call_id, how });
}

/** An agent waits for a person in the same way, whether a call is to be approved or a question to be answered. */
function tellAgent(draft: Draft, actor: string, fact: Fact, call: { callId: string; ended: boolean }): void {
  const { seq } = fact;
  const call_id = call.callId;
  if (call.ended) stepAgent(draft, actor, { type: "call.ended", seq, call_id });
  else if (fact.type === "call.approval_requested" || fact.type === "question.asked") {
    stepAgent(draft, actor, { type: "call.approval_requested", seq, call_id });
  } else if (fact.type === "call.approved" || fact.type === "question.answered") {
    stepAgent(draft, actor, { type: "call.approved", seq, call_id });
  }
}

function startsWork(fact: Fact): boolean {
  return fact.type === "call.approval_requested" || fact.type === "call.approved" ||
    fact.type === "call.started" || fact.type === "question.asked" || fact.type === "question.answered";
}
