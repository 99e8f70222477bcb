// What a repository's own settings could run while git looks at it or makes a worktree: nothing.
import { afterEach, beforeEach, expect, test } from "vitest";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { enterWorktreeTool } from "../../tools/enter_worktree.ts";
import { openGit } from "../../tools/git.ts";
import { localOverrides } from "../../tools/git_config.ts";
import { makeWorkspace, type TestWorkspace } from "./workspace.ts";
import { follow, git, makeRepository, put } from "./worktree_repository.ts";

let space: TestWorkspace;
beforeEach(async () => {
  space = await makeWorkspace();
  await makeRepository(space.dir, { "a.txt": "a\n", ".gitattributes": "* filter=evil\n" });
});
afterEach(() => space.remove());

const hasRun = () => access(join(space.outside, "has_run")).then(() => true, () => false);
const filter = () => `[filter "evil"]\n smudge = "touch '${space.outside}/has_run'; cat"\n`;

test("a filter that settings bring in only on the branch of a worktree is not run when one is made", async () => {
  await put(space.dir, { ".git/evil": filter() });
  await git(space.dir, "config", "includeIf.onbranch:jamey/**.path", "evil");
  const said = await follow(space, space.dir).call(enterWorktreeTool, { name: "fix" });
  expect(said).toContain(
    `Cannot use git in "${space.dir}": its own settings include others under a condition ("includeIf"), ` +
      'make that an "include"',
  );
  expect(await hasRun()).toBe(false);
});

test("a filter in settings that are always included is not run, and the worktree is made", async () => {
  await put(space.dir, { ".git/evil": filter() });
  await git(space.dir, "config", "include.path", "evil");
  const said = await follow(space, space.dir).call(enterWorktreeTool, { name: "fix" });
  expect(said).toContain("Working in");
  expect(await hasRun()).toBe(false);
});

test("programs that a repository names for the user's own LFS filter are not reached", async () => {
  const programs = [
    "lfs.extension.x.clean",
    "lfs.extension.x.smudge",
    "lfs.customtransfer.x.path",
    "lfs.standalonetransferagent",
    "lfs.https://a.example/b.standalonetransferagent",
  ];
  for (const key of programs) {
    await git(space.dir, "config", key, "./evil");
    const run = await openGit(space.dir, { signal: AbortSignal.timeout(30_000) });
    const values = ["clean", "smudge", "process"].map((what) => run(["config", `filter.lfs.${what}`]));
    expect((await Promise.all(values)).map(({ code, stdout }) => [code, stdout])).toEqual(
      Array(3).fill([0, "\n"]),
    );
    await git(space.dir, "config", "--unset", key);
  }
  expect(localOverrides("local\0lfs.repositoryformatversion\0local\0lfs.url\0")).toEqual([]);
  expect(localOverrides("global\0lfs.standalonetransferagent\0global\0includeif.gitdir:/a.path\0")).toEqual(
    [],
  );
});
