// The approvals that wait, folded from the events of a session.
import { type EventEnvelope, factData } from "../protocol/facts.ts";
import type { Approval } from "../protocol/http.ts";

export interface PendingApprovals {
  fact(event: EventEnvelope): void;
  /** Forgets a call whose answer is on its way. */
  answered(callId: string): void;
  /** The oldest first. */
  all(): Approval[];
}

/** Any later fact of a call ends its question: approved, denied, interrupted, failed. */
export function createPending(): PendingApprovals {
  const waiting = new Map<string, Approval>();

  return {
    fact({ type, data, actor, seq }) {
      const asked = factData["call.approval_requested"].safeParse(data);
      if (type === "call.approval_requested" && asked.success) {
        waiting.set(asked.data.call_id, { ...asked.data, actor, seq });
      } else if (type.startsWith("call.") && typeof data["call_id"] === "string") {
        waiting.delete(data["call_id"]);
      }
    },
    answered: (callId) => void waiting.delete(callId),
    all: () => [...waiting.values()],
  };
}
