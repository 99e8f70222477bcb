// Options that would do nothing, as those of a session to be made beside one that is there: refused, before a daemon is
// asked or a file is read.
import { expect, it } from "vitest";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jamey } from "./program.ts";

const nowhere = join(tmpdir(), "jamey-no-such-data");
const both = [
  ["--name", "port"],
  ["--workspace", "/"],
  ["--model", "demo"],
  ["--permission-mode", "plan"],
] as const;
const cases = [
  ...both.flatMap((option) => [["team", ...option], ["workflow", ...option]]),
  ["workflow", "--allowed-tools", "Read"],
  ["workflow", "--ask-tools", "Read"],
  ["workflow", "--disallowed-tools", "Read"],
];

for (const [command = "", flag = "", value = ""] of cases) {
  it(`${command} run refuses ${flag} together with a session that is there`, async () => {
    expect(await jamey(nowhere, [command, "run", "none.yaml", "-s", "last", flag, value])).toEqual({
      code: 2,
      stdout: "",
      stderr: `error: Cannot run "jamey ${command} run": "--session" names a session that is there, and ` +
        `"${flag}" is for a new one\nhint:  Leave out "--session", or that option\n`,
    });
  });
}

it("several such options are named together", async () => {
  const words = ["team", "run", "none.yaml", "--session", "last", "--name", "a", "--model", "b"];
  const { code, stderr } = await jamey(nowhere, words);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('"--name", "--model" are for a new one'),
  });
  expect(stderr).toContain("or those options");
});

it("an option that an action does nothing with is refused, with the actions it is for", async () => {
  const refused = [
    [["team", "show", "last", "--detach"], '"--detach" is for run, not for show'],
    [["team", "check", "none.yaml", "--prompt", "x"], '"--prompt" is for run, not for check'],
    [["team", "run", "none.yaml", "--at", "3"], '"--at" is for show, not for run'],
    [["workflow", "status", "last", "-s", "x"], '"--session" is for show, run, list, not for status'],
    [["workflow", "pause", "last", "--unattended"], '"--unattended" is for run, resume, not for pause'],
    [["workflow", "run", "none.yaml", "-o", "x.svg"], '"--output" is for show, not for run'],
  ] as const;
  for (const [words, why] of refused) {
    const { code, stderr } = await jamey(nowhere, [...words]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
    expect(stderr).toContain(`See: jamey ${words[0]} --help`);
  }
});
