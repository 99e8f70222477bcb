// Totals of what a session has used, by agent and by model: a fold of its answers and summaries.
import type { Fact, Usage } from "../src/protocol/facts.ts";

export interface UsageTotals {
  apply(fact: Fact): void;
  byActor(): Record<string, Usage>;
  /** Keys are `provider/model`. */
  byModel(): Record<string, Usage>;
  /** What one agent has used itself, and how many answers of models it has got. */
  ofActor(actor: string): { usage: Usage; calls: number };
}

const nothing: Usage = { input_tokens: 0, output_tokens: 0 };

export function createUsageTotals(): UsageTotals {
  const actors = new Map<string, Usage>();
  const models = new Map<string, Usage>();
  /** Who each agent asked last: a summary is written by the same model. */
  const asked = new Map<string, string>();
  const calls = new Map<string, number>();
  return {
    apply: (fact) => {
      if (fact.type === "model.called") asked.set(fact.actor, `${fact.data.provider}/${fact.data.model}`);
      if (fact.type !== "model.replied" && fact.type !== "context.compacted") return;
      if (fact.type === "model.replied") calls.set(fact.actor, (calls.get(fact.actor) ?? 0) + 1);
      const { usage } = fact.data;
      if (usage === undefined) return;
      add(actors, fact.actor, usage);
      add(models, asked.get(fact.actor) ?? "unknown", usage);
    },
    byActor: () => Object.fromEntries(actors),
    byModel: () => Object.fromEntries(models),
    ofActor: (actor) => ({ usage: actors.get(actor) ?? nothing, calls: calls.get(actor) ?? 0 }),
  };
}

function add(totals: Map<string, Usage>, key: string, usage: Usage): void {
  const before = totals.get(key);
  if (before === undefined) return void totals.set(key, usage);
  totals.set(key, {
    input_tokens: before.input_tokens + usage.input_tokens,
    output_tokens: before.output_tokens + usage.output_tokens,
    ...sum("cache_read_tokens", before, usage),
    ...sum("cache_write_tokens", before, usage),
    ...sum("cost_usd", before, usage),
  });
}

function sum(
  key: "cache_read_tokens" | "cache_write_tokens" | "cost_usd",
  a: Usage,
  b: Usage,
): Partial<Usage> {
  return a[key] === undefined && b[key] === undefined ? {} : { [key]: (a[key] ?? 0) + (b[key] ?? 0) };
}
