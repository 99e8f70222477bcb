// What an answer costs: its tokens times the price of its model. Pure; nobody is billed by it.
import type { Price, Usage } from "../protocol/facts.ts";

const tokensPerPrice = 1_000_000;

/**
 * US dollars for an answer; undefined when nobody said what the model costs. `input_tokens` counts all that was sent, so
 * what came from the cache and what was written to it is taken out of it and priced apart.
 */
export function costOf(usage: Usage, price: Price | undefined): number | undefined {
  if (price === undefined) return undefined;
  const read = usage.cache_read_tokens ?? 0;
  const written = usage.cache_write_tokens ?? 0;
  const fresh = Math.max(0, usage.input_tokens - read - written);
  const total = fresh * price.input + read * (price.cache_read ?? price.input) +
    written * (price.cache_write ?? price.input) + usage.output_tokens * price.output;
  return total / tokensPerPrice;
}
