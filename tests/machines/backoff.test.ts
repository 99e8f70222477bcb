import { expect, it } from "vitest";
import { backoffMs } from "../../machines/backoff.ts";

it("each wait is twice the one before, and none is longer than an hour", () => {
  expect([1, 2, 3].map((failures) => backoffMs(1_000, failures))).toEqual([1_000, 2_000, 4_000]);
  expect(backoffMs(1_000, 12)).toBe(2_048_000);
  expect(backoffMs(1_000, 13)).toBe(3_600_000);
  expect(backoffMs(7_200_000, 1)).toBe(3_600_000);
});
