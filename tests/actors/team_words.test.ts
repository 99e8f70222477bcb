import { expect, it } from "vitest";
import { quoted } from "../../actors/team_words.ts";

it("what a team quotes is cut between characters, never inside of one", () => {
  const short = quoted(`${"x".repeat(299)}👍 and more`);
  expect(short.isWellFormed()).toBe(true);
  expect(short).toBe(`${"x".repeat(299)}\u{FFFD}…`);
  expect(quoted("👍")).toBe("👍");
});
