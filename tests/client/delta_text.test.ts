// Text in the making: shown once, whatever is repeated, dropped or late.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createDeltaText } from "../../src/client/delta_text.ts";

const delta = (offset: number, text: string, ofSeq = 3) => ({
  type: "delta" as const,
  actor: "main",
  of_seq: ofSeq,
  offset,
  text,
});

test("text that was streamed is not printed again by the final fact", () => {
  const text = createDeltaText();
  text.started("r1", 3);
  expect(text.fresh(delta(0, "Hello "))).toBe("Hello ");
  expect(text.fresh(delta(6, "you"))).toBe("you");
  expect(text.rest("r1", "Hello you")).toBe("");
});

test("a client that joins late prints the text of the final fact", () => {
  const text = createDeltaText();
  expect(text.fresh(delta(6, "you"))).toBe("");
  expect(text.rest("r1", "Hello you")).toBe("Hello you");
});

test("a late repetition after the final fact prints nothing", () => {
  const text = createDeltaText();
  text.started("r1", 3);
  text.rest("r1", "Hello");
  expect(text.fresh(delta(0, "Hello"))).toBe("");
});

test("any mixture of repeated and dropped pieces gives the text exactly once", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 50 }),
      fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 30 }),
      (whole, pieces) => {
        const text = createDeltaText();
        text.started("r1", 3);
        const shown = pieces.map(([from, length]) =>
          text.fresh(delta(from, whole.slice(from, from + length)))
        ).join("");
        expect(shown + text.rest("r1", whole)).toBe(whole);
      },
    ),
  );
});
