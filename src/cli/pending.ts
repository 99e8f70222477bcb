// What waits for a person, folded from the events of a session: approvals, questions, limits that were met.
import { type EventEnvelope, type FactData, factData } from "../protocol/facts.ts";
import type { Approval, PausedAgent, PendingQuestion } from "../protocol/http.ts";

export type Pending =
  | { kind: "approval"; key: string; seq: number; approval: Approval }
  | { kind: "question"; key: string; seq: number; asked: PendingQuestion }
  | { kind: "limit"; key: string; seq: number; paused: PausedAgent };

export interface PendingList {
  fact(event: EventEnvelope): void;
  /** Forgets what has its answer on its way. */
  answered(key: string): void;
  /** The oldest first. */
  all(): Pending[];
}

export function createPending(): PendingList {
  const waiting = new Map<string, Pending>();
  return {
    fact(event) {
      const made = pendingOf(event);
      if (made !== null) return void waiting.set(made.key, made);
      for (const key of endedBy(event)) waiting.delete(key);
    },
    answered: (key) => void waiting.delete(key),
    all: () => [...waiting.values()],
  };
}

function pendingOf({ type, data, actor, seq }: EventEnvelope): Pending | null {
  if (type === "call.approval_requested") {
    const asked = factData[type].safeParse(data);
    if (!asked.success) return null;
    return {
      kind: "approval",
      key: `call ${asked.data.call_id}`,
      seq,
      approval: { ...asked.data, actor, seq },
    };
  }
  if (type === "question.asked") {
    const asked = factData[type].safeParse(data);
    if (!asked.success) return null;
    return { kind: "question", key: `call ${asked.data.call_id}`, seq, asked: { ...asked.data, actor, seq } };
  }
  if (type !== "budget.exceeded") return null;
  const met = factData[type].safeParse(data);
  return met.success ? limitOf(met.data, actor, seq) : null;
}

function limitOf(data: FactData<"budget.exceeded">, actor: string, seq: number): Pending {
  return { kind: "limit", key: `limit ${actor}`, seq, paused: { actor, ...data } };
}

/** Any later fact of a call ends its question; whatever the agent of a limit does next shows that it goes on or ends. */
function endedBy({ type, data, actor }: EventEnvelope): string[] {
  if (type.startsWith("call.") || type === "question.answered") {
    return typeof data["call_id"] === "string" ? [`call ${data["call_id"]}`] : [];
  }
  const goesOn = type === "budget.extended" || type === "model.called" || type === "message.received";
  return goesOn || type === "turn.cancelled" || type === "turn.ended" ? [`limit ${actor}`] : [];
}
