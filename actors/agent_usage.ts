// What an agent has used up to a moment: its own model calls, and those of all that it started.
import type { Transcript } from "../machines/transcript.ts";
import type { AgentUsage } from "../src/protocol/agent_facts.ts";

/** `at`: the time of the newest fact, so that the same log always gives the same figures. */
export function usageOf(path: string, at: string, { crew, usage }: Transcript): AgentUsage {
  const total: AgentUsage = { input_tokens: 0, output_tokens: 0, model_calls: 0, wall_ms: 0 };
  for (const actor of crew.below(path)) {
    const { usage: used, calls } = usage.ofActor(actor);
    total.input_tokens += used.input_tokens;
    total.output_tokens += used.output_tokens;
    if (used.cost_usd !== undefined) total.cost_usd = (total.cost_usd ?? 0) + used.cost_usd;
    total.model_calls += calls;
  }
  const started = Date.parse(crew.agent(path)?.startedAt ?? at);
  total.wall_ms = Math.max(0, Date.parse(at) - started);
  return total;
}
