// The help of a command whose first word says what it does: no action and no option is left out of it.
import { expect } from "vitest";
import type { Command } from "../../src/cli/command.ts";

export function expectActions({ actions = [], options }: Command, known: readonly string[]): void {
  expect(actions.map(([words]) => words.split(" ")[0]).sort()).toEqual([...known].sort());
  const said = actions.map(([, meaning]) => meaning).join(" ");
  for (const [flag] of options) {
    const names = flag.replace(/ <.*/, "").split(", ");
    expect(names.filter((name) => new RegExp(`(^|\\s)${name}(,|\\s|$)`).test(said)), flag).not.toEqual([]);
  }
}
