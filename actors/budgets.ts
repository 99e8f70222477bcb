// Budgets: what an agent may use before a person is asked. Looked at before every model call; what they stop pauses.
import type { SessionMeta } from "../machines/session_meta.ts";
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
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

/** The first limit that the next model call of this agent would go beyond, or null. */
export function exceededBudget(
  { state, transcript, actor, limits, nowMs }: {
    state: SessionState;
    transcript: Transcript;
    actor: string;
    limits: SessionLimits;
    nowMs: number;
  },
): Exceeded | null {
  const { meta } = state;
  if (meta === null) return null;
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
  if (wall >= limits.wallMs) return { limit: "wall", used: wall, max: limits.wallMs };
  return spent(meta, "tokens", meta.inputTokens + meta.outputTokens, limits.tokens) ??
    spent(meta, "cost", meta.costUsd ?? 0, limits.costUsd);
}

function spent(meta: SessionMeta, limit: BudgetLimit, used: number, configured: number): Exceeded | null {
  const max = Math.max(meta.extended[limit] ?? 0, configured);
  return used >= max ? { limit, used, max } : null;
}

/** What a limit is after a person has extended it: those of the whole session grow by their own size. */
export function extendedMax({ limit, max }: Exceeded, limits: SessionLimits): number {
  if (limit === "tokens") return max + limits.tokens;
  return limit === "cost" ? max + limits.costUsd : max;
}
