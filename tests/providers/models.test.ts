import { describe, expect, test } from "vitest";
import { usage } from "../../src/protocol/facts.ts";
import { imageNote, withImageNotes } from "../../src/providers/images.ts";
import { knownModels } from "../../src/providers/known_models.ts";
import { modelInfo, unknownModel } from "../../src/providers/models.ts";
import { costOf } from "../../src/providers/prices.ts";

describe("what is known of a model", () => {
  test("a well-known model has its window, its price and its eyes", () => {
    expect(modelInfo("claude-opus-5-5", {})).toEqual({
      window: 1_000_000,
      outputMax: 128_000,
      vision: true,
      price: { input: 4, output: 20, cache_read: 0.2, cache_write: 5 },
    });
  });

  test.each([
    ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
    ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"],
    ["claude-sonnet-4-5-latest", "claude-sonnet-4-5"],
    ["gpt-5.5-2026-04-23", "gpt-5.5"],
  ])("the edition %s is a %s", (model, kind) => {
    expect(modelInfo(model, {})).toEqual(modelInfo(kind, {}));
    expect(modelInfo(model, {})).not.toEqual(unknownModel);
  });

  test.each([
    "claude-opus-5-50",
    "gpt-5.5-pro",
    "claude-opus-5-1",
    "my-claude-opus-5",
    "gpt-5",
    "",
    "__proto__",
  ])(
    "the name %j is not taken for another model's",
    (model) => expect(modelInfo(model, {})).toEqual(unknownModel),
  );

  test("a model that nobody knows is small, blind and has no price", () => {
    expect(modelInfo("llama", {})).toEqual({ window: 128_000, outputMax: 16_384, vision: false });
  });

  test("the configuration wins field by field, for exactly the model that it names", () => {
    const configured = { "claude-opus-5-5": { window: 50_000 }, llama: { price: { input: 1, output: 2 } } };
    expect(modelInfo("claude-opus-5-5", configured)).toEqual({
      ...knownModels.get("claude-opus-5-5"),
      window: 50_000,
    });
    expect(modelInfo("llama", configured)).toEqual({ ...unknownModel, price: { input: 1, output: 2 } });
    expect(modelInfo("claude-opus-5", configured).window).toBe(1_000_000);
    expect(modelInfo("claude-opus-5", { "claude-opus-5": { vision: undefined } }).vision).toBe(true);
  });

  test("no answer is larger than its window, and cached tokens cost no more than a quarter above others", () => {
    for (const { window, outputMax, price } of knownModels.values()) {
      expect(outputMax).toBeLessThan(window);
      if (price === undefined) continue;
      expect(price.cache_read ?? price.input).toBeLessThanOrEqual(price.input);
      expect(price.cache_write ?? price.input).toBeLessThanOrEqual(price.input * 1.25);
      expect(price.output).toBeGreaterThan(price.input);
    }
  });
});

describe("what an answer costs", () => {
  const price = { input: 2, output: 10, cache_read: 0.2, cache_write: 2.5 };

  test("each token is paid once: fresh, read from the cache, written to it, answered", () => {
    const used = {
      input_tokens: 1_000_000,
      output_tokens: 100_000,
      cache_read_tokens: 500_000,
      cache_write_tokens: 100_000,
    };
    expect(costOf(used, price)).toBeCloseTo(0.4 * 2 + 0.5 * 0.2 + 0.1 * 2.5 + 0.1 * 10, 10);
  });

  test("without cache prices cached tokens cost what others do", () => {
    const used = { input_tokens: 1_000, output_tokens: 0, cache_read_tokens: 400, cache_write_tokens: 100 };
    expect(costOf(used, { input: 2, output: 10 })).toBeCloseTo(0.002, 10);
  });

  test("an unknown price is no cost, not a cost of zero", () => {
    expect(costOf({ input_tokens: 1, output_tokens: 1 }, undefined)).toBeUndefined();
    expect(costOf({ input_tokens: 1, output_tokens: 1 }, { input: 0, output: 0 })).toBe(0);
  });

  test("an endpoint that counts more cached tokens than tokens leads to a cost that a fact can hold", () => {
    const used = { input_tokens: 10, output_tokens: 0, cache_read_tokens: 1_000 };
    expect(usage.parse({ ...used, cost_usd: costOf(used, price) }).cost_usd).toBeCloseTo(0.0002, 10);
  });
});

test("a note stands for each image that a model cannot see", () => {
  expect(imageNote("llama")).toBe('[image left out: the model "llama" cannot see images]');
  expect(withImageNotes("look", 2, "llama")).toBe(`look\n${imageNote("llama")}\n${imageNote("llama")}`);
  expect(withImageNotes("", 1, "llama")).toBe(imageNote("llama"));
  expect(withImageNotes("look", 0, "llama")).toBe("look");
});
