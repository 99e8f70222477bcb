import { afterEach, beforeEach, expect, test } from "vitest";
import fc from "fast-check";
import { bashTool } from "../../tools/bash.ts";
import { refusalOf } from "../../tools/command_blocking.ts";
import { readCommands } from "../../tools/command_parser.ts";
import { neverEnds, waitsForPerson } from "./blocking_commands.ts";
import { endsByItself } from "./blocking_lookalikes.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const foreground = { inBackground: false, timeoutMs: 120_000, isTimeoutGiven: false };
const background = { ...foreground, inBackground: true, timeoutMs: 7_200_000 };
const lines = (text: string) =>
  text.trim().split("\n").map((line) => line.replace(/(?<!%s)\\n/g, "\n").replace(/\\\n\n?/g, "\\\n"));

test("commands that wait for a person are refused, in the background too", () => {
  const commands = lines(waitsForPerson);
  const accepted = commands.filter((command) =>
    refusalOf(command, foreground) === null || refusalOf(command, background) === null
  );
  console.log(`waiting for a person: ${commands.length - accepted.length} of ${commands.length} refused`);
  expect(accepted).toEqual([]);
});

test("commands that never end are refused in the foreground, and run in the background or with a time limit", () => {
  const commands = lines(neverEnds);
  const accepted = commands.filter((command) => refusalOf(command, foreground) === null);
  const refused = commands.filter((command) => refusalOf(command, background) !== null);
  console.log(
    `never ending: ${commands.length - accepted.length} of ${commands.length} refused, 0 in the background`,
  );
  expect(accepted).toEqual([]);
  expect(refused).toEqual([]);
  const limited = commands.filter((command) => !command.startsWith("sleep"));
  const given = { ...foreground, isTimeoutGiven: true };
  expect(limited.filter((command) => refusalOf(command, given) !== null)).toEqual([]);
});

test("commands that end by themselves are never refused, whatever words they hold", () => {
  const commands = lines(endsByItself);
  const refused = commands.map((command) => refusalOf(command, foreground)).filter((reason) =>
    reason !== null
  );
  console.log(`ending by themselves: ${commands.length - refused.length} of ${commands.length} accepted`);
  expect(refused).toEqual([]);
});

test("a refusal names the part that is meant and what to do instead, and nothing runs", async () => {
  const outcome = await runTool(bashTool, { command: "touch ran; git commit -a" }, space.context());
  expect(outcome).toEqual({
    status: "failed",
    error:
      'Cannot run "git commit -a": git commit without a message opens an editor, give one with -m, -F or --no-edit',
  });
  expect(await Array.fromAsync(Deno.readDir(space.dir))).toEqual([]);
  expect(refusalOf("npm run dev", foreground)).toBe(
    'Cannot run "npm run dev": it does not end by itself, set run_in_background, or timeout_ms if it does end',
  );
  expect(refusalOf(`vim ${"x".repeat(500)}`, foreground)?.length).toBeLessThan(250);
});

test("a sleep is measured against the time limit of its call", () => {
  expect(refusalOf("sleep 5", { ...foreground, timeoutMs: 5000, isTimeoutGiven: true })).toContain(
    "time limit",
  );
  expect(refusalOf("sleep 300", { ...foreground, timeoutMs: 600_000, isTimeoutGiven: true })).toBeNull();
});

test("no text makes the reader throw or hang, however broken or deep", () => {
  const pieces = fc.constantFrom(
    ..."vim;npm start;tail -f;|;&;&&;(;);{;};<<EOF;<<<;\n;';\";`;$(;${x};\\; ;#;sh -c".split(";"),
    ";",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      refusalOf(parts.join(" "), foreground);
      refusalOf(parts.join(""), foreground);
    }),
    { numRuns: 3000 },
  );
  for (const deep of ["(", "{ ", "$(", "bash -c '", "a && ", "a|", "`", "\\", "<<x\n", "${"]) {
    refusalOf(deep.repeat(30_000 / deep.length), foreground);
  }
  expect(readCommands("(".repeat(21) + "a" + ")".repeat(21))).toBeNull();
  expect(readCommands("(".repeat(20) + "a" + ")".repeat(20))).toHaveLength(1);
  expect(readCommands("a;".repeat(1000))).toHaveLength(1000);
  expect(readCommands("a;".repeat(1001))).toBeNull();
});

test("programs find nobody to ask: git fails with a hint, pagers pass on, nothing draws on a screen", async () => {
  const run = (command: string) => runTool(bashTool, { command }, space.context());
  await run("git init -q . && git config user.email a@b && git config user.name n && echo 1 >f && git add f");
  const commit = await run("set -e; git commit -q -m one; opts=-q; git commit $opts --amend");
  expect(commit.status).toBe("failed");
  expect(textOf(commit)).toContain("Cannot open an editor: nobody can type here");
  expect(
    textOf(
      await run("git log --format=%s; man() { :; }; $EDITOR x; echo $? $PAGER $TERM $GIT_TERMINAL_PROMPT"),
    ),
  )
    .toBe("one\n1 cat dumb 0");
});
