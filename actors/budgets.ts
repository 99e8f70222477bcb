// Budgets: what agents may use before a person is asked. Looked at before every model call; what they stop pauses, or ends
// the actor whose budget it is. Limits of a whole session are configured; those of single actors stand in the log.
import type { AccountLimit } from "../machines/ledger.ts";
import { sessionAccount } from "../machines/ledger.ts";
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { ActorBudget } from "../src/protocol/agent_facts.ts";
import type { FactData } from "../src/protocol/facts.ts";
import type { BudgetLimit } from "../src/protocol/work_facts.ts";

export interface SessionLimits {
  /** Model calls of one turn. */
  steps: number;
  /** Time of an agent's work without a person having a hand in it. */
  wallMs: number;
  /** Tokens in and out of the whole session, and what they cost. */
  tokens: number;
  costUsd: number;
  /** The same call with the same result in a row. */
  repeat: number;
}

export const defaultLimits: SessionLimits = {
  steps: 100,
  wallMs: 2 * 60 * 60_000,
  tokens: 10_000_000,
  costUsd: 20,
  repeat: 5,
};

type Exceeded = FactData<"budget.exceeded">;

export interface BudgetQuestion {
  state: SessionState;
  transcript: Transcript;
  actor: string;
  limits: SessionLimits;
  nowMs: number;
  /** The call that is to be made, when it is its turn. */
  requestId?: string;
}

/**
 * The first limit that the next model call of this agent would go beyond, or null. `taken`: it would go beyond one only
 * together with calls under way, so it is to be asked again when one of them has ended.
 */
export function exceededBudget(question: BudgetQuestion): Exceeded | "taken" | null {
  return exceededByAgent(question) ?? exceededByAll(question);
}

/** Limits of a single agent. */
function exceededByAgent({ state, transcript, actor, limits, nowMs }: BudgetQuestion): Exceeded | null {
  const repetition = transcript.repetition(actor);
  if (repetition.inRow >= limits.repeat) {
    const detail = `"${repetition.last}" was called with the same arguments and gave the same result`;
    return { limit: "repeat", used: repetition.inRow, max: limits.repeat, detail };
  }
  if (repetition.alternating >= 2 * limits.repeat) {
    const detail = "two calls take turns, each with the same result every time";
    return { limit: "repeat", used: repetition.alternating, max: 2 * limits.repeat, detail };
  }
  // The call that is about to be made is counted already.
  const steps = Number(state.agents[actor]?.context.steps ?? 0) - 1;
  if (steps >= limits.steps) return { limit: "steps", used: steps, max: limits.steps };
  const since = Date.parse(transcript.attendance(actor).at);
  const wall = Number.isNaN(since) ? 0 : nowMs - since - transcript.attendance(actor).restedMs;
  return wall >= limits.wallMs ? { limit: "wall", used: wall, max: limits.wallMs } : null;
}

/** What the agent shares with others: budgets of its own, of those above it, and of the session. */
function exceededByAll(
  { state, transcript, actor, limits, nowMs, requestId = "" }: BudgetQuestion,
): Exceeded | "taken" | null {
  const extended = state.meta?.extended ?? {};
  const session = {
    tokens: Math.max(extended.tokens ?? 0, limits.tokens),
    cost: Math.max(extended.cost ?? 0, limits.costUsd),
  };
  const room = transcript.ledger.room({ actor, nowMs, requestId, session });
  if (room.is === "free") return null;
  if (room.is === "taken") return "taken";
  const { of, limit, used, max, stops } = room;
  if (of === sessionAccount) return { limit, used, max };
  return { limit, used, max, of, ...(stops ? { on_limit: "stop" } : {}) };
}

/** What a limit is after a person has extended it: shared ones grow by the size they began with. */
export function extendedMax(
  { limit, max, of }: Exceeded,
  { limits, transcript }: { limits: SessionLimits; transcript: Transcript },
): number {
  if (of !== undefined) return max + sizeOf(transcript.ledger.budget(of), limit);
  if (limit === "tokens") return max + limits.tokens;
  return limit === "cost" ? max + limits.costUsd : max;
}

const fields: Readonly<Record<AccountLimit, Exclude<keyof ActorBudget, "on_limit">>> = {
  tokens: "tokens",
  cost: "cost_usd",
  calls: "model_calls",
  wall: "wall_ms",
};

function sizeOf(budget: ActorBudget | undefined, limit: BudgetLimit): number {
  return limit === "steps" || limit === "repeat" ? 0 : budget?.[fields[limit]] ?? 0;
}
