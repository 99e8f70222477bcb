// How much may wait for one reader.
import { expect, it } from "vitest";
import { isFull, unreadMax } from "../../actors/send_message.ts";

it("there is room for so many letters and characters, and for none more", () => {
  const letters = (count: number, text: string) =>
    Array.from({ length: count }, () => ({ from: "a", seq: 1, text }));
  expect(isFull(letters(unreadMax.letters - 1, "x"), "y")).toBe(false);
  expect(isFull(letters(unreadMax.letters, "x"), "y")).toBe(true);
  expect(isFull(letters(1, "x".repeat(unreadMax.characters - 1)), "y")).toBe(false);
  expect(isFull(letters(1, "x".repeat(unreadMax.characters)), "y")).toBe(true);
});
