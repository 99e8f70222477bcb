// What counts as an agent that repeats itself.
import { expect, it } from "vitest";
import { createRepetition } from "../../machines/repetition.ts";

it("pictures that change are no repetition", () => {
  const repetition = createRepetition();
  const call = { name: "Computer", args: { action: "screenshot" } };
  const shot = (data: string) => ({
    output: "Screenshot",
    is_error: false,
    images: [{ media_type: "image/png" as const, data }],
  });
  for (const data of ["a", "b", "c", "c", "c"]) repetition.note(call, shot(data));
  expect(repetition.inRow).toBe(3);
});

it("two calls take turns only when they are two", () => {
  const repetition = createRepetition();
  const note = (words: string) => {
    for (const output of words) repetition.note({ name: "Bash", args: {} }, { output, is_error: false });
  };
  note("aaaa");
  expect([repetition.inRow, repetition.alternating]).toEqual([4, 1]);
  note("bababa");
  expect([repetition.inRow, repetition.alternating]).toEqual([1, 7]);
  note("c");
  expect(repetition.alternating).toBe(2);
  repetition.reset();
  note("b");
  expect([repetition.inRow, repetition.alternating]).toEqual([1, 1]);
});
