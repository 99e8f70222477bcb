// Well-known models: windows, sizes of answers, prices in US dollars for a million tokens. All of them see images.
// Read in November 2026 from https://platform.claude.com/docs/en/about-claude/pricing and the pages of the models there, and
// from https://developers.openai.com/api/docs/models and gateways that repeat them. What could not be read is not here.
import type { Price } from "../protocol/facts.ts";
import type { ModelInfo } from "./contract.ts";

/** Cache writes are those that last five minutes: the only ones that are asked for. */
const claudePrice = (input: number, output: number, cache_read: number): Price => {
  return { input, output, cache_read, cache_write: input * 1.25 };
};
const openaiPrice = (input: number, output: number, cache_read?: number): Price => {
  return { input, output, ...(cache_read === undefined ? {} : { cache_read }) };
};

const large = (price?: Price): ModelInfo => model(1_000_000, 128_000, price);
/**
 * Larger in truth (1,050,000), but requests of more than 272,000 tokens cost twice as much: with this window, and an answer of
 * full length in it, the price holds. A configuration may name the full window.
 */
const upToHigherPrice = (price?: Price): ModelInfo => model(400_000, 128_000, price);
const small = (price?: Price): ModelInfo => model(200_000, 64_000, price);

function model(window: number, outputMax: number, price?: Price): ModelInfo {
  return { window, outputMax, vision: true, ...(price === undefined ? {} : { price }) };
}

export const knownModels: ReadonlyMap<string, ModelInfo> = new Map([
  ["claude-fable-5-1", large(claudePrice(10, 50, 0.25))],
  ["claude-fable-5", large(claudePrice(10, 50, 1))],
  ["claude-opus-5-5", large(claudePrice(4, 20, 0.2))],
  ["claude-opus-5", large(claudePrice(5, 25, 0.5))],
  ["claude-opus-4-8", large(claudePrice(5, 25, 0.5))],
  ["claude-opus-4-6", large(claudePrice(5, 25, 0.5))],
  ["claude-opus-4-5", small(claudePrice(5, 25, 0.5))],
  ["claude-sonnet-5-5", large(claudePrice(2, 10, 0.1))],
  ["claude-sonnet-5", large(claudePrice(2, 10, 0.2))],
  ["claude-sonnet-4-6", large(claudePrice(3, 15, 0.3))],
  ["claude-sonnet-4-5", small(claudePrice(3, 15, 0.3))],
  // Its price depends on the length of the request: five times as much above 100,000 tokens.
  ["claude-haiku-5-5", large()],
  ["claude-haiku-4-5", small(claudePrice(1, 5, 0.1))],
  ["gpt-6.1-sol", upToHigherPrice(openaiPrice(2, 10, 0.1))],
  // Its price was a promotion that ends in November 2026.
  ["gpt-5.6-sol", upToHigherPrice()],
  ["gpt-5.5", upToHigherPrice(openaiPrice(5, 30, 0.5))],
  ["gpt-5.4", upToHigherPrice(openaiPrice(2.5, 15, 0.25))],
  ["gpt-5.4-mini", model(400_000, 128_000, openaiPrice(0.75, 4.5, 0.075))],
  ["gpt-5.2", model(400_000, 128_000, openaiPrice(1.75, 14))],
  ["gpt-5-codex", model(400_000, 128_000, openaiPrice(1.25, 10, 0.125))],
  ["gpt-4.1", model(1_047_576, 32_768, openaiPrice(2, 8, 0.5))],
  ["gpt-4.1-mini", model(1_047_576, 32_768, openaiPrice(0.4, 1.6))],
]);
