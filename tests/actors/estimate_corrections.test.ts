// What is learned of an endpoint's own count of tokens: from its answers, and from its refusals.
import { expect, it } from "vitest";
import { correctionMax, correctionMin, estimateCorrections } from "../../actors/estimate_corrections.ts";

const limit = 10_000;

it("an endpoint that counts more than was estimated corrects the next estimate, within bounds", () => {
  const corrections = estimateCorrections();
  expect(corrections.of("a", limit)).toBe(1);
  corrections.counted("a", { tokens: 1_500, estimate: 1_000 });
  expect(corrections.of("a", limit)).toBe(1.5);
  expect(corrections.of("b", limit)).toBe(1);
  corrections.counted("a", { tokens: 1_000_000, estimate: 1_000 });
  expect(corrections.of("a", limit)).toBe(correctionMax);
  corrections.counted("a", { tokens: 1, estimate: 1_000 });
  expect(corrections.of("a", limit)).toBe(correctionMin);
});

it("an endpoint that counts nothing changes nothing", () => {
  const corrections = estimateCorrections();
  corrections.counted("a", { tokens: 1_500, estimate: 1_000 });
  corrections.counted("a", { tokens: 0, estimate: 1_000 });
  expect(corrections.of("a", limit)).toBe(1.5);
});

it("what an endpoint refused as too large is too large from then on, whatever it counts in smaller requests", () => {
  const corrections = estimateCorrections();
  corrections.refused("a", 5_000);
  expect(corrections.of("a", limit)).toBe(2);
  corrections.counted("a", { tokens: 3_000, estimate: 4_000 });
  corrections.refused("a", 8_000);
  expect(corrections.of("a", limit)).toBe(2);
  corrections.refused("a", 1);
  expect(corrections.of("a", limit)).toBe(correctionMax);
});

it("an endpoint that takes what it had refused is believed", () => {
  const corrections = estimateCorrections();
  corrections.refused("a", 5_000);
  corrections.counted("a", { tokens: 5_000, estimate: 5_000 });
  expect(corrections.of("a", limit)).toBe(1);
});
