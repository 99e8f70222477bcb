// What waits for a person, folded from the events of a session: approvals, questions, limits that were met.
import { type EventEnvelope, factData } from "../protocol/facts.ts";
import type { PausedAgent } from "../protocol/budget_views.ts";
import type { Approval, PendingQuestion, SessionView } from "../protocol/http.ts";

export type Pending =
  | { kind: "approval"; key: string; seq: number; approval: Approval }
  | { kind: "question"; key: string; seq: number; asked: PendingQuestion }
  | { kind: "limit"; key: string; seq: number; paused: PausedAgent };

/** Who asks; of a workflow also which node. */
export function askerOf(pending: Pending): { actor: string; node?: string | undefined } {
  switch (pending.kind) {
    case "approval":
      return pending.approval;
    case "question":
      return pending.asked;
    case "limit":
      return { actor: pending.paused.actor };
  }
}

export interface PendingList {
  fact(event: EventEnvelope): void;
  /** Forgets what has its answer on its way; an answer to one limit holds for every agent that waits at one. */
  answered(key: string): void;
  /** The answer did not arrive: it waits again. */
  again(pending: Pending): void;
  /** The oldest first. */
  all(): Pending[];
}

const limitKey = "limit ";

/** What waits in a session already is taken from its view; without one the list begins empty. */
export function createPending(before?: SessionView["state"]): PendingList {
  const waiting = new Map<string, Pending>();
  for (const pending of before === undefined ? [] : pendingIn(before)) waiting.set(pending.key, pending);
  /** Which node wants a call, of those that have no result: only the fact that proposes it says so. */
  const nodes = new Map<string, string>();
  for (const pending of waiting.values()) {
    const { node } = askerOf(pending);
    if (node !== undefined) nodes.set(pending.key, node);
  }
  return {
    fact(event) {
      const { type, data } = event;
      const key = `call ${String(data["call_id"])}`;
      if (type === "call.proposed" && typeof data["node"] === "string") nodes.set(key, data["node"]);
      if (endsCall.has(type)) nodes.delete(key);
      const made = pendingOf(event, nodes.get(key));
      if (made !== null) return void waiting.set(made.key, made);
      for (const key of endedBy(event)) waiting.delete(key);
    },
    answered(key) {
      const all = key.startsWith(limitKey)
        ? [...waiting.keys()].filter((one) => one.startsWith(limitKey))
        : [key];
      for (const one of all) waiting.delete(one);
    },
    again: (pending) => void (waiting.has(pending.key) || waiting.set(pending.key, pending)),
    all: () => [...waiting.values()],
  };
}

/** What waits in a session as its view says, the oldest first; limits last, because when they were met is not said. */
export function pendingIn({ approvals, questions, paused, summary }: SessionView["state"]): Pending[] {
  const limits = paused.map(({ actor, ...data }) => limitOf(data, actor, summary.seq));
  const calls = [...approvals.map(approvalOf), ...questions.map(questionOf)];
  return [...calls.sort((a, b) => a.seq - b.seq), ...limits];
}

function approvalOf(approval: Approval): Pending {
  return { kind: "approval", key: `call ${approval.call_id}`, seq: approval.seq, approval };
}

function questionOf(asked: PendingQuestion): Pending {
  return { kind: "question", key: `call ${asked.call_id}`, seq: asked.seq, asked };
}

const endsCall = new Set(["call.finished", "call.failed", "call.denied", "call.interrupted"]);

function pendingOf({ type, data, actor, seq }: EventEnvelope, node: string | undefined): Pending | null {
  const asker = { actor, ...(node === undefined ? {} : { node }) };
  if (type === "call.approval_requested") {
    const asked = factData[type].safeParse(data);
    return asked.success ? approvalOf({ ...asked.data, ...asker, seq }) : null;
  }
  if (type === "question.asked") {
    const asked = factData[type].safeParse(data);
    return asked.success ? questionOf({ ...asked.data, ...asker, seq }) : null;
  }
  if (type !== "budget.exceeded") return null;
  const met = factData[type].safeParse(data);
  return met.success ? limitOf(met.data, actor, seq) : null;
}

function limitOf(data: Omit<PausedAgent, "actor">, actor: string, seq: number): Pending {
  return { kind: "limit", key: `${limitKey}${actor}`, seq, paused: { actor, ...data } };
}

/** Any later fact of a call ends its question; whatever the agent of a limit does next shows that it goes on or ends. */
function endedBy({ type, data, actor }: EventEnvelope): string[] {
  if (type.startsWith("call.") || type === "question.answered") {
    return typeof data["call_id"] === "string" ? [`call ${data["call_id"]}`] : [];
  }
  const goesOn = type === "budget.extended" || type === "model.called" || type === "message.received";
  return goesOn || type === "turn.cancelled" || type === "turn.ended" ? [`${limitKey}${actor}`] : [];
}
