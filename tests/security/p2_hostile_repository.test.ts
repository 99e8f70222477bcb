import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createWorkspaceFacts } from "../../src/context/workspace_facts.ts";
import { enterWorktreeTool } from "../../tools/enter_worktree.ts";
import { exitWorktreeTool } from "../../tools/exit_worktree.ts";
import { openGit } from "../../tools/git.ts";
import { makeWorkspace, type TestWorkspace } from "../tools/workspace.ts";
import { follow, git, makeRepository, put } from "../tools/worktree_repository.ts";
import { tally } from "../support/tally.ts";
import { type Trap, traps } from "./git_traps.ts";

let space: TestWorkspace;
let path: string;
beforeEach(async () => {
  space = await makeWorkspace();
  path = Deno.env.get("PATH") ?? "";
});
afterEach(async () => {
  Deno.env.set("PATH", path);
  await space.remove();
});

async function build(trap: Trap, place: number): Promise<{ repository: string; marks: string }> {
  const repository = join(space.dir, `r${place}`);
  const marks = join(space.outside, `marks${place}`);
  const program = join(space.outside, `trap${place}`);
  await Deno.mkdir(marks);
  await Deno.writeTextFile(
    program,
    `#!/bin/sh\n/usr/bin/touch '${marks}'/$$ 2>/dev/null || /bin/touch '${marks}'/$$\nexec /bin/cat\n`,
  );
  await Deno.chmod(program, 0o755);
  await makeRepository(repository, { "a.txt": "a\n", ...trap.files });
  await trap.prepare?.(repository, program);
  for (const [key, value] of trap.settings ?? []) {
    await git(repository, "config", key.replaceAll("TRAP", program), value.replaceAll("TRAP", program));
  }
  // Changed, so that every look compares contents; with another time, so that none is taken for granted.
  await put(repository, { "a.txt": "b\n", "new.txt": "n\n" });
  for (const mark of Deno.readDirSync(marks)) Deno.removeSync(join(marks, mark.name));
  return { repository, marks };
}

/** All that the program ever asks git for, in this repository. Answers may be refusals; whether a worktree was made. */
async function workIn(repository: string): Promise<boolean> {
  const signal = AbortSignal.timeout(60_000);
  const hardened = async (folder: string, args: readonly string[]) =>
    await (await openGit(folder, { signal }))(args);
  await createWorkspaceFacts({ git: hardened, os: "linux", now: Date.now })(repository, signal);
  for (const folder of [repository, join(repository, "sub"), join(repository, "bare")]) {
    const run = await openGit(folder, { signal }).catch(() => null);
    for (
      const args of [["status", "--porcelain"], ["log", "-1", "--format=%H"], ["worktree", "list"], [
        "diff",
        "--stat",
      ]]
    ) {
      await run?.(args).catch(() => {});
    }
  }
  const session = follow(space, repository);
  await session.call(enterWorktreeTool, { name: "fix" }).catch(() => {});
  if (session.worktree === null) return false;
  await put(session.workspace, { "a.txt": "c\n" });
  await session.call(exitWorktreeTool, { action: "remove" }).catch(() => {});
  await session.call(exitWorktreeTool, { action: "remove", discard_changes: true }).catch(() => {});
  return true;
}

it("whatever a repository brings along, our own git runs none of it", async () => {
  const ran: string[] = [];
  let worktrees = 0;
  for (const [place, trap] of traps.entries()) {
    const { repository, marks } = await build(trap, place);
    if (await workIn(repository)) worktrees++;
    const found = [...Deno.readDirSync(marks)].length;
    if (found > 0) ran.push(`${trap.name}: ${found}`);
    Deno.env.set("PATH", path);
  }
  tally({
    family: "P2",
    what: "hostile repositories",
    tried: traps.length,
    refused: traps.length - ran.length,
    escapes: ran.length,
  });
  expect(ran).toEqual([]);
  // They were looked at in earnest: in most of them there is work to do all the same.
  expect(worktrees).toBeGreaterThan(traps.length / 2);
}, 120_000);

it("a git that was put in a folder of the workspace is not run, also where PATH leads there", async () => {
  const repository = join(space.dir, "repository");
  await makeRepository(repository, { "a.txt": "a\n" });
  const marks = join(space.outside, "marks");
  await Deno.mkdir(marks);
  const programs = join(repository, "node_modules", ".bin");
  await Deno.mkdir(programs, { recursive: true });
  for (const name of ["git", "cat", "sh"]) {
    await Deno.writeTextFile(join(programs, name), `#!/bin/sh\n: >"${marks}/$$"\n`);
    await Deno.chmod(join(programs, name), 0o755);
  }
  Deno.env.set("PATH", `${programs}:${path}`);
  await workIn(repository);
  const ran = [...Deno.readDirSync(marks)].length;
  tally({
    family: "P2",
    what: "programs of a workspace",
    tried: 1,
    refused: ran === 0 ? 1 : 0,
    escapes: ran,
  });
  expect(ran).toBe(0);
});

it("the same traps do spring for a git that is not held back", async () => {
  const sprung: string[] = [];
  const likely = [
    "fsmonitor",
    "hooks",
    "hooks elsewhere",
    "filter that is to clean",
    "filter from an included file",
    "signatures",
  ];
  for (const [place, trap] of traps.entries()) {
    if (!likely.includes(trap.name)) continue;
    const { repository, marks } = await build(trap, place);
    await git(repository, "status").catch(() => {});
    await git(repository, "log", "-1").catch(() => {});
    await git(repository, "worktree", "add", "-q", "../w" + place).catch(() => {});
    if ([...Deno.readDirSync(marks)].length > 0) sprung.push(trap.name);
  }
  expect(sprung.sort()).toEqual(likely.sort());
}, 60_000);
