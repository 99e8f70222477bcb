// Options of a session to be made, given beside one that is there: refused, before a daemon is asked or a file is read.
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
