import { beforeAll, expect, it } from "vitest";
import { openShell, type Shell } from "../../src/permission/shell/analyse.ts";
import { matchesForAllow, mayMatchForDeny } from "../../src/permission/shell/match.ts";

let shell: Shell;
beforeAll(async () => {
  shell = await openShell();
});

const allows = (specifier: string, command: string) => {
  const { commands, doubt } = shell.analyse(command);
  return doubt === null && commands.every((each) => matchesForAllow(specifier, each));
};
const denies = (specifier: string, command: string) =>
  shell.analyse(command).commands.some((each) => mayMatchForDeny(specifier, each));

it("a rule without a star allows exactly its command, however it is quoted", () => {
  expect(allows("npm run build", "npm run build")).toBe(true);
  expect(allows("npm run build", "npm 'run' \"build\"")).toBe(true);
  expect(allows("git commit -m 'one two'", 'git commit -m "one two"')).toBe(true);
  expect(allows("git commit -m one two", 'git commit -m "one two"')).toBe(false);
  expect(allows("npm run build", "npm run build --force")).toBe(false);
  expect(allows("npm run build", "'npm run build'")).toBe(false);
});

it("a rule that ends with a star allows more words, and no longer word", () => {
  for (const specifier of ["npm run test:*", "npm run test *"]) {
    expect(allows(specifier, "npm run test")).toBe(true);
    expect(allows(specifier, "npm run test -- --watch")).toBe(true);
    expect(allows(specifier, "npm run test:unit")).toBe(false);
    expect(allows(specifier, "npm run")).toBe(false);
  }
  expect(allows("npm run test*", "npm run test:unit --watch")).toBe(true);
  expect(allows("*", "anything at all")).toBe(true);
});

it("a star inside stands for one word or a part of one, and never leads up or elsewhere", () => {
  expect(allows("npm run * --silent", "npm run build --silent")).toBe(true);
  expect(allows("npm run * --silent", "npm run a b --silent")).toBe(false);
  expect(allows("cat src/*", "cat src/a.ts")).toBe(true);
  expect(allows("cat src/*", "cat src/../.env")).toBe(false);
  expect(allows("ls*", "lsof")).toBe(true);
  expect(allows("ls*", "ls/evil")).toBe(false);
});

it("a star never covers what runs other programs, but a rule for the whole command does", () => {
  expect(allows("find:*", "find . -name x")).toBe(true);
  expect(allows("find:*", "find . -exec ls {} +")).toBe(false);
  expect(allows("python3:*", "python3 script.py")).toBe(false);
  expect(allows("python3 script.py:*", "python3 script.py --fast")).toBe(true);
  expect(allows("npx:*", "npx vitest")).toBe(false);
  expect(allows("npx vitest:*", "npx vitest run")).toBe(true);
  expect(matchesForAllow("find . -delete", only("find . -delete"))).toBe(true);
  expect(matchesForAllow("sudo ls", only("sudo ls"))).toBe(true);
});

it("a refusal also means more words, other folders, other spellings and what a wrapper runs", () => {
  for (
    const command of [
      "rm x",
      "/bin/rm x",
      "\\rm x",
      "r'm' x",
      "RM x",
      "sudo rm x",
      "r? x",
      "ls; rm x",
      "echo $(rm x)",
    ]
  ) {
    expect([command, denies("rm:*", command)]).toEqual([command, true]);
  }
  expect(denies("git push", "git push --force origin main")).toBe(true);
  expect(denies("git push:*", "git -C sub -c a=b push")).toBe(true);
  expect(denies("git * main", "git push -f origin main")).toBe(true);
  expect(denies("npm publish:*", "npm publishx")).toBe(false);
  expect(denies("rm:*", "git rm x")).toBe(false);
  expect(denies("rm:*", "echo rm x")).toBe(false);
  expect(denies("rm:*", "$PROGRAM x")).toBe(false);
});

it("after a change of the folder, git and what left the workspace are asked about", () => {
  expect(allows("*", "cd src && ls")).toBe(true);
  expect(allows("*", "cd src && git status")).toBe(false);
  expect(allows("*", "cd .. && ls")).toBe(false);
  expect(allows("*", "ls; cd /; ls")).toBe(false);
});

function only(command: string) {
  const [first] = shell.analyse(command).commands;
  if (first === undefined) throw new Error(`Nothing was found in "${command}"`);
  return first;
}
