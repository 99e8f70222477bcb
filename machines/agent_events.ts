// What the loop of one agent keeps between two facts, and the facts it is told.
import type { Delivery, ErrorInfo, TurnOutcome } from "../src/protocol/facts.ts";
import type { SupervisorOutcome } from "../src/protocol/supervisor_facts.ts";

export interface AgentContext {
  /** It answers by a mode in which other agents take part, and calls no model itself. */
  conducts: boolean;
  /** Somebody leads it: when its turn is stopped, what waits for it begins no other one. */
  led: boolean;
  /** Model calls of each of its turns, unless the message that begins one says so itself. */
  turnMax: number | null;
  /** The fact of the message that began the turn, while a mode answers it. */
  conducting: number | null;
  /** Model calls of this turn so far, and how many its message allows: then the turn ends. */
  steps: number;
  stepsMax: number | null;
  /** What the last queued message allows for the turn that it will begin. */
  nextStepsMax: number | null;
  /** The model call in flight. */
  request: string | null;
  /** Tool calls without a result, and those of them that wait for a person. */
  open: readonly string[];
  asking: readonly string[];
  /** Messages that came while busy: steering ones join the next model call, queued ones the next turn. */
  steering: number;
  queued: number;
  outcome: TurnOutcome;
  error: ErrorInfo | null;
}

export type AgentEvent =
  | { type: "message.received"; seq: number; delivery: Delivery; max_steps?: number }
  /** A task beside the conversation ended; `wakes`: an idle agent is to look at it. */
  | {
    type: "background.ended";
    seq: number;
    wakes: boolean;
    /** Which of those it is that the same fact is told to: mail may wake several, and each asks its own model. */
    nth: number;
  }
  /** `stops`: nobody is asked, the actor of this path ends with all below it. */
  | { type: "budget.exceeded"; seq: number; stops?: string }
  | { type: "budget.extended"; seq: number }
  /** The agents of a mode have answered together. */
  | { type: "mode.finished"; seq: number; outcome: SupervisorOutcome; reason: string }
  | { type: "model.called"; seq: number; request_id: string }
  | { type: "model.replied"; seq: number; request_id: string; call_ids: string[] }
  | { type: "model.failed"; seq: number; request_id: string; error: ErrorInfo }
  | { type: "call.approval_requested"; seq: number; call_id: string }
  | { type: "call.approved"; seq: number; call_id: string }
  | { type: "call.ended"; seq: number; call_id: string }
  | { type: "turn.cancelled"; seq: number; outcome: "cancelled" | "interrupted" | "parked" | "limit" }
  | { type: "turn.ended"; seq: number; outcome: TurnOutcome }
  | { type: "session.forked"; seq: number }
  | { type: "session.archived"; seq: number }
  | { type: "session.restored"; seq: number };
