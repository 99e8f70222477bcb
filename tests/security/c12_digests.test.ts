// C12: the digest of what was approved tells apart all that can differ.
import { expect, it } from "vitest";
import fc from "fast-check";
import { callDigest } from "../../actors/call_digest.ts";
import { tally } from "../support/tally.ts";

it("C12: calls that differ in anything have different digests", () => {
  const call = fc.record({
    name: fc.constantFrom("Bash", "Write", "B"),
    args: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 })),
    ),
    confinement: fc.constantFrom("sandboxed" as const, null),
  });
  const runs = 5_000;
  let [escapes, different] = [0, 0];
  fc.assert(
    fc.property(call, call, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      const collides = callDigest(one.name, one.args, one.confinement) ===
        callDigest(other.name, other.args, other.confinement);
      if (!same) different++;
      if (collides && !same) escapes++;
      return collides === same;
    }),
    { numRuns: runs },
  );
  tally({ family: "C12", what: "pairs of calls", tried: different, refused: different - escapes, escapes });
  expect(escapes).toBe(0);
});
