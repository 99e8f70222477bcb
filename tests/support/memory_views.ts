// What the facts of a memory session say: conversation, summary, pending approvals, the result of a turn.
import type { Message } from "../../src/protocol/conversation.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import type { Approval, SessionStatus, SessionSummary, TurnResult } from "../../src/protocol/http.ts";
import type { ActorView } from "../../src/protocol/tree_views.ts";

/** Messages in the order of the facts. */
export function conversationOf(facts: readonly Fact[]): Message[] {
  return facts.flatMap((fact): Message[] => {
    switch (fact.type) {
      case "message.received":
        return [{ role: "user", text: fact.data.text, message_id: fact.data.message_id }];
      case "model.replied":
        return [{ role: "assistant", text: fact.data.text, calls: fact.data.calls }];
      case "call.finished":
        return [toolMessage(fact.data, fact.data.output, false)];
      case "call.failed":
        return [toolMessage(fact.data, fact.data.error, true)];
      case "call.denied":
        return [toolMessage(fact.data, fact.data.reason, true)];
      default:
        return [];
    }
  });
}

function toolMessage(call: { call_id: string; name: string }, output: string, isError: boolean): Message {
  return { role: "tool", call_id: call.call_id, name: call.name, output, is_error: isError };
}

/** Calls that were asked about and not answered. */
export function approvalsOf(facts: readonly Fact[]): Approval[] {
  const waiting = new Map<string, Approval>();
  for (const { type, data, actor, seq } of facts) {
    if (type === "call.approval_requested") {
      waiting.set(data.call_id, { ...data, actor, seq });
    } else if (type === "call.approved" || type === "call.denied") waiting.delete(data.call_id);
  }
  return [...waiting.values()];
}

/** The line in the list of sessions. */
export function summaryOf(id: string, facts: readonly Fact[]): SessionSummary {
  const first = facts[0];
  if (first?.type !== "session.created") throw new Error("a session starts with session.created");
  let name = first.data.name ?? null;
  let forkedFrom: string | null = null;
  for (const fact of facts) {
    if (fact.type === "session.renamed") name = fact.data.name;
    if (fact.type === "session.forked") forkedFrom = fact.data.from;
  }
  const { workspace, provider, model, permission_mode } = first.data;
  return {
    session_id: id,
    name,
    status: statusOf(facts),
    seq: facts.length,
    created_at: first.at,
    updated_at: facts.at(-1)?.at ?? first.at,
    workspace,
    provider,
    model,
    permission_mode,
    forked_from: forkedFrom,
  };
}

/** The one actor that it has. */
export function mainOf(facts: readonly Fact[]): ActorView {
  const status = statusOf(facts);
  const waits = status === "waiting_for_approval";
  const since = { seq: facts.length, at: facts.at(-1)?.at ?? "" };
  return {
    path: "main",
    parent: null,
    kind: "main",
    name: "main",
    description: "",
    started_seq: 1,
    state: waits ? "waiting" : status === "idle" ? "idle" : "working",
    ...(waits ? { waits_for: "approval" as const } : {}),
    detail: "",
    since,
    calls: [],
    mailbox: [],
    unread: 0,
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

function statusOf(facts: readonly Fact[]): SessionStatus {
  if (approvalsOf(facts).length > 0) return "waiting_for_approval";
  const received = facts.filter((fact) => fact.type === "message.received").length;
  const ended = facts.filter((fact) => fact.type === "turn.ended").length;
  return received > ended ? "thinking" : "idle";
}

/** What came of a message; undefined while its turn runs. The n-th message has the n-th turn. */
export function turnResultOf(facts: readonly Fact[], messageId: string): TurnResult | undefined {
  const messages = facts.filter((fact) => fact.type === "message.received");
  const index = messages.findIndex((fact) => fact.data.message_id === messageId);
  const ended = facts.filter((fact) => fact.type === "turn.ended")[index];
  const received = messages[index];
  if (received === undefined || ended === undefined) return undefined;
  const turn = facts.slice(received.seq, ended.seq);
  return {
    messages: conversationOf(turn),
    tool_calls: turn.flatMap((fact) =>
      fact.type === "call.finished"
        ? [{ call_id: fact.data.call_id, name: fact.data.name, status: "finished", output: fact.data.output }]
        : []
    ),
    outcome: ended.data.outcome,
    seq: ended.seq,
  };
}
