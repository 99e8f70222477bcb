// The transcript: what was said, folded from facts, one conversation per agent. It is not in any machine's context;
// it is kept beside the state while a session is busy and folded anew from the log when it is needed.
import type { Message } from "../src/protocol/conversation.ts";
import type { Fact, FactOf, ProposedCall } from "../src/protocol/facts.ts";
import { isCallFact } from "../src/protocol/facts.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";

/** A call without a result: what its execution and its recovery need to know. */
export interface CallRecord {
  callId: string;
  name: string;
  actor: string;
  by: "model" | "user";
  args: JsonObject | string;
  prompt: string | null;
  digest: string | null;
  /** The digest that a person approved. */
  approved: string | null;
  evidence: JsonValue;
  startedSeq: number | null;
}

export interface Transcript {
  apply(fact: Fact): void;
  /** The messages of an agent, oldest first. */
  messages(actor: string): readonly Message[];
  /** What the next model call of an agent is sent: messages, and those that steer it from now on. */
  forRequest(actor: string): Message[];
  call(callId: string): CallRecord | undefined;
  /** True for every call there ever was. */
  knows(callId: string): boolean;
  /** Arguments of any call a model reply names. */
  proposed(requestId: string): readonly ProposedCall[];
  lastText(actor: string): string;
  /** How a sub-agent ended, in words: its result, its error or the reason it was stopped. */
  agentEnd(actor: string): string;
}

interface Conversation {
  messages: Message[];
  active: boolean;
  steering: Message[];
  queued: Message[];
}

export function createTranscript(): Transcript {
  const conversations = new Map<string, Conversation>();
  const open = new Map<string, CallRecord>();
  const replies = new Map<string, ProposedCall[]>();
  const ends = new Map<string, string>();
  const known = new Set<string>();

  const of = (actor: string): Conversation => {
    const found = conversations.get(actor);
    if (found !== undefined) return found;
    const made: Conversation = { messages: [], active: false, steering: [], queued: [] };
    conversations.set(actor, made);
    return made;
  };

  const apply = (fact: Fact): void => {
    switch (fact.type) {
      case "message.received":
        return receive(of(fact.actor), fact);
      case "agent.started":
        of(fact.actor).messages.push({ role: "user", text: fact.data.prompt });
        of(fact.actor).active = true;
        return;
      case "model.called":
        return flush(of(fact.actor), "steering");
      case "model.replied": {
        const { text, calls } = fact.data;
        if (text !== "" || calls.length > 0) of(fact.actor).messages.push({ role: "assistant", text, calls });
        if (calls.length > 0) replies.set(fact.data.request_id, calls);
        return;
      }
      case "agent.finished":
        return void ends.set(fact.actor, fact.data.result);
      case "agent.failed":
        return void ends.set(fact.actor, fact.data.error);
      case "agent.stopped":
        return void ends.set(fact.actor, `the sub-agent was stopped (${fact.data.reason})`);
      case "turn.ended":
        return endTurn(of(fact.actor), fact);
      case "call.proposed":
        open.set(fact.data.call_id, proposedRecord(fact));
        known.add(fact.data.call_id);
        return;
      default:
        return applyCall(fact, open, of(fact.actor));
    }
  };

  return {
    apply,
    messages: (actor) => of(actor).messages,
    forRequest: (actor) => [...of(actor).messages, ...of(actor).steering],
    call: (callId) => open.get(callId),
    knows: (callId) => known.has(callId),
    proposed: (requestId) => replies.get(requestId) ?? [],
    lastText: (actor) => {
      const last = of(actor).messages.findLast((message) => message.role === "assistant");
      return last?.role === "assistant" ? last.text : "";
    },
    agentEnd: (actor) => ends.get(actor) ?? "",
  };
}

function receive(conversation: Conversation, fact: FactOf<"message.received">): void {
  const { text, message_id, delivery } = fact.data;
  const message: Message = { role: "user", text, message_id };
  if (!conversation.active) {
    conversation.messages.push(message);
    conversation.active = true;
  } else if (delivery === "steer") conversation.steering.push(message);
  else conversation.queued.push(message);
}

function endTurn(conversation: Conversation, fact: FactOf<"turn.ended">): void {
  const waiting = conversation.steering.length + conversation.queued.length > 0;
  flush(conversation, "steering");
  flush(conversation, "queued");
  const { outcome } = fact.data;
  conversation.active = waiting &&
    (outcome === "completed" || outcome === "cancelled" || outcome === "limit");
}

function flush(conversation: Conversation, list: "steering" | "queued"): void {
  conversation.messages.push(...conversation[list]);
  conversation[list] = [];
}

function proposedRecord(fact: FactOf<"call.proposed">): CallRecord {
  const { call_id, name, args, by } = fact.data;
  return {
    callId: call_id,
    name,
    actor: fact.actor,
    by,
    args,
    prompt: null,
    digest: null,
    approved: null,
    evidence: null,
    startedSeq: null,
  };
}

function applyCall(fact: Fact, open: Map<string, CallRecord>, conversation: Conversation): void {
  if (!isCallFact(fact)) return;
  const call = open.get(fact.data.call_id);
  if (call === undefined) return;
  switch (fact.type) {
    case "call.approval_requested":
      call.prompt = fact.data.prompt;
      call.digest = fact.data.digest;
      return;
    case "call.approved":
      call.approved = fact.data.digest;
      return;
    case "call.started":
      call.evidence = fact.data.evidence ?? null;
      call.startedSeq = fact.seq;
      return;
  }
  const result = resultOf(fact);
  if (result === null) return;
  open.delete(call.callId);
  // A call made by hand is no part of what the model said, so its result is none of the conversation.
  if (call.by === "model") {
    conversation.messages.push({ role: "tool", call_id: call.callId, name: call.name, ...result });
  }
}

/** The one result of a call as the model reads it, or null for facts that do not end a call. */
export function resultOf(fact: Fact): { output: string; is_error: boolean } | null {
  switch (fact.type) {
    case "call.finished":
      return { output: fact.data.output, is_error: false };
    case "call.failed":
      return { output: joined(`Error: ${fact.data.error}`, fact.data.output), is_error: true };
    case "call.denied":
      return { output: `Denied: ${fact.data.reason}`, is_error: true };
    case "call.interrupted":
      return { output: joined(`Interrupted: ${fact.data.reason}`, fact.data.output), is_error: true };
    default:
      return null;
  }
}

function joined(head: string, output: string | undefined): string {
  return output === undefined || output === "" ? head : `${head}\n${output}`;
}

/** The whole fold: the transcript of facts in order. */
export function foldTranscript(facts: Iterable<Fact>): Transcript {
  const transcript = createTranscript();
  for (const fact of facts) transcript.apply(fact);
  return transcript;
}
