import { expect, it } from "vitest";
import { carefulRules, openDecision, readCommands } from "../support/shell_decision.ts";
import { tally } from "../support/tally.ts";

const commands = readCommands("tests/fixtures/shell/bypasses.txt");
/** Where a refused program stands in the text, whatever stands around it. */
const named = /(?<![\w.-])(rm|curl)(?![\w:-])/;

it("no published way around rules for commands is allowed by a careful set of rules", async () => {
  const decide = await openDecision(carefulRules);
  const allowed = commands.filter(({ command }) => decide(command) === "allow");
  tally({
    family: "C1",
    what: "ways around rules for commands",
    tried: commands.length,
    refused: commands.length - allowed.length,
    escapes: allowed.length,
  });
  expect(allowed).toEqual([]);
  expect(commands.length).toBeGreaterThanOrEqual(500);
});

it("a refused program stays refused inside wrappers, quotes, substitutions and texts that are run", async () => {
  const decide = await openDecision(carefulRules);
  const hiding = commands.filter(({ command }) => named.test(command));
  const asked = hiding.filter(({ command }) => decide(command) === "ask");
  const allowed = hiding.filter(({ command }) => decide(command) === "allow");
  tally({
    family: "C1",
    what: `commands that name a refused program (${asked.length} of them asked about, not refused)`,
    tried: hiding.length,
    refused: hiding.length - allowed.length,
    escapes: allowed.length,
  });
  expect(allowed).toEqual([]);
  // What cannot be seen is asked about; it must stay the exception.
  expect(asked.length / hiding.length).toBeLessThan(0.02);
});

it("what people run every day is allowed without a question", async () => {
  const decide = await openDecision(carefulRules);
  const asked = readCommands("tests/fixtures/shell/everyday.txt").filter(({ command }) =>
    decide(command) !== "allow"
  );
  expect(asked).toEqual([]);
});
