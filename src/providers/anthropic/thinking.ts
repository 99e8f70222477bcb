// How a Claude model is asked to think, by its version: a budget of tokens for the older ones, "adaptive" for the others.
// https://platform.claude.com/docs/en/build-with-claude/thinking (read in November 2026)
import type { JsonObject } from "../../protocol/json.ts";

/** The least budget that the API takes, and the least that is left for the answer itself. */
export const thinkingTokensMin = 1_024;

export interface ThinkingAsked {
  model: string;
  /** Tokens; undefined when the configuration asks for no thinking. */
  budget: number | undefined;
  maxTokens: number;
  /** The answer goes on after calls, and what it began with holds no thinking: a budget would be refused. */
  interrupted: boolean;
}

/** The `thinking` field of a request; null leaves it out. */
export function thinkingField(asked: ThinkingAsked): JsonObject | null {
  const version = claudeVersion(asked.model);
  // They think in any case, and say nothing of it unless asked to.
  if (version !== null && version >= 5) return { type: "adaptive", display: "summarized" };
  if (asked.budget === undefined) return null;
  if (version !== null && version >= 4.6) return { type: "adaptive", display: "summarized" };
  if (asked.interrupted || asked.maxTokens < 2 * thinkingTokensMin) return null;
  const room = asked.maxTokens - thinkingTokensMin;
  return { type: "enabled", budget_tokens: Math.max(thinkingTokensMin, Math.min(asked.budget, room)) };
}

/** 4.6 for `claude-opus-4-6`, 5 for `claude-sonnet-5`; null for names of another form (`claude-3-…`, other makers). */
function claudeVersion(model: string): number | null {
  const found = /(?:^|[./])claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(model);
  return found === null ? null : Number(`${found[1]}.${found[2] ?? 0}`);
}
