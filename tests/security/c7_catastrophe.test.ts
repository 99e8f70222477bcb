import { expect, it } from "vitest";
import { openShell } from "../../src/permission/shell/analyse.ts";
import { catastropheOf } from "../../src/permission/shell/catastrophe.ts";
import { readCommands } from "../support/shell_decision.ts";
import { tally } from "../support/tally.ts";

const where = { home: "/home/ada", workspace: "/home/ada/work", roots: ["/home/ada/work"] };
const catastrophic = readCommands("tests/fixtures/shell/catastrophic.txt");
const harmless = readCommands("tests/fixtures/shell/harmless.txt");

it("commands that destroy beyond repair are seen, also inside wrappers, texts and substitutions", async () => {
  const shell = await openShell();
  const missed = catastrophic.filter(({ command }) => catastropheOf(shell.analyse(command), where) === null);
  tally({
    family: "C7",
    what: "commands that destroy beyond repair",
    tried: catastrophic.length,
    refused: catastrophic.length - missed.length,
    escapes: missed.length,
  });
  expect(missed).toEqual([]);
  expect(catastrophic.length).toBeGreaterThanOrEqual(60);
});

it("everyday removing, moving and talking about it raises no alarm", async () => {
  const shell = await openShell();
  const alarms = harmless.flatMap(({ command }) => {
    const why = catastropheOf(shell.analyse(command), where);
    return why === null ? [] : [{ command, why }];
  });
  expect(alarms).toEqual([]);
  expect(harmless.length).toBeGreaterThanOrEqual(60);
});

it("the reason names the program and what would be lost", async () => {
  const shell = await openShell();
  const why = (command: string) => catastropheOf(shell.analyse(command), where);
  expect(why("cd .. && rm -rf *")).toBe('rm removes "*": the home folder');
  expect(why("rm -rf $BUILD/*")).toBe('rm removes "$.../*": the root, if a variable is empty');
  expect(why("dd if=a of=/dev/sda")).toBe('dd writes over the disk "/dev/sda"');
});

it("a command that is too large to be read raises the alarm, for it may hold anything", async () => {
  const shell = await openShell();
  expect(catastropheOf(shell.analyse(`${"ls;".repeat(30_000)}rm -rf /`), where)).toContain("longer than");
  expect(catastropheOf(shell.analyse(`${"ls;".repeat(900)}rm -rf /`), where)).toContain("the root");
});

it("a workspace in the folder for temporary files, and one that is a home, are precious all the same", async () => {
  const shell = await openShell();
  const at = (workspace: string) => ({ home: "/root", workspace, roots: [workspace] });
  expect(catastropheOf(shell.analyse("rm -rf /tmp/ws"), at("/tmp/ws"))).not.toBeNull();
  expect(catastropheOf(shell.analyse("rm -rf dist"), at("/tmp/ws"))).toBeNull();
  expect(catastropheOf(shell.analyse("rm -rf *"), at("/root"))).not.toBeNull();
  expect(catastropheOf(shell.analyse("rm -rf dist"), at("/root"))).toBeNull();
});
