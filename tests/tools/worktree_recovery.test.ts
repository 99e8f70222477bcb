// EnterWorktree and ExitWorktree after a crash: whatever git had got done, each happens exactly once. And a hostile
// repository, in which neither runs anything.
import { afterEach, beforeEach, expect, test } from "vitest";
import { access, chmod, mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { worktree } from "../../src/protocol/work_facts.ts";
import { enterWorktreeTool } from "../../tools/enter_worktree.ts";
import { exitWorktreeTool } from "../../tools/exit_worktree.ts";
import { openGit } from "../../tools/git.ts";
import { makeWorktreesFolder } from "../../tools/worktree_place.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace } from "./workspace.ts";
import { follow, type Follower, git, makeRepository, put } from "./worktree_repository.ts";

let space: TestWorkspace;
let session: Follower;
beforeEach(async () => {
  space = await makeWorkspace();
  session = follow(space, space.dir);
  await makeRepository(space.dir);
});
afterEach(() => space.remove());

const tree = () => join(space.dir, ".jamey", "worktrees", "fix");
const exists = (path: string) => access(path).then(() => true, () => false);
const branches = () => git(space.dir, "branch", "--format=%(refname:short)");
const enterArgs = { name: "fix" };
const logged = z.object({ worktree });

/** The logged call to enter, and the session that it would lead to. */
async function startEntry() {
  const call = await session.prepare(enterWorktreeTool, enterArgs);
  return { ...call, ...logged.parse(call.evidence) };
}
const recoverEntry = (evidence: Parameters<Follower["recover"]>[2]) =>
  session.recover(enterWorktreeTool, enterArgs, evidence);

test("preparing to enter touches nothing", async () => {
  const call = await startEntry();
  await call.abandon();
  expect(await exists(join(space.dir, ".jamey"))).toBe(false);
  expect(await branches()).toBe("main");
});

test("a worktree that was made before the crash is entered and not made again", async () => {
  const call = await startEntry();
  await call.run();
  await writeFile(join(tree(), "mine.txt"), "work");
  expect(await recoverEntry(call.evidence)).toContain(`Working in "${tree()}"`);
  expect(session.worktree).toEqual(call.worktree);
  expect(await exists(join(tree(), "mine.txt"))).toBe(true);
});

test("a crash before git did anything leads to a fresh start", async () => {
  const call = await startEntry();
  expect(await recoverEntry(call.evidence)).toBe("again");
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("Working in");
});

test("a branch without its worktree is cleared away, and the start is fresh", async () => {
  const call = await startEntry();
  await git(space.dir, "branch", call.worktree.branch, call.worktree.base);
  expect(await recoverEntry(call.evidence)).toBe("again");
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("Working in");
});

test("a branch on which somebody has worked is never cleared away", async () => {
  const call = await startEntry();
  await git(space.dir, "checkout", "-q", "-b", call.worktree.branch);
  await git(space.dir, "commit", "-q", "--allow-empty", "-m", "work");
  await git(space.dir, "checkout", "-q", "main");
  expect(await recoverEntry(call.evidence)).toBe("again");
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("there is one of that name already");
});

test("a worktree that git was making when it was ended is removed, and the start is fresh", async () => {
  const call = await startEntry();
  await call.run();
  // What a git that was killed in the middle leaves: a lock, and not all files.
  await git(space.dir, "worktree", "lock", "--reason", "initializing", tree());
  await rm(join(tree(), "a.txt"));
  expect(await recoverEntry(call.evidence)).toBe("again");
  expect(await exists(tree())).toBe(false);
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("Working in");
  expect(await exists(join(tree(), "a.txt"))).toBe(true);
});

test("a folder that git does not know is left alone, and the agent is told", async () => {
  const call = await startEntry();
  await put(tree(), { "mine.txt": "work" });
  expect(await recoverEntry(call.evidence)).toContain("is no worktree: look at it");
  expect(await exists(join(tree(), "mine.txt"))).toBe(true);
});

async function startRemoval() {
  await session.call(enterWorktreeTool, enterArgs);
  const args = { action: "remove" };
  const call = await session.prepare(exitWorktreeTool, args);
  return { ...call, recover: () => session.recover(exitWorktreeTool, args, call.evidence) };
}
const removed = () => `The worktree "${tree()}" and the branch "jamey/fix" are removed`;

test.each<[string, () => Promise<unknown>]>([
  ["before git did anything", () => Promise.resolve()],
  ["when some files were gone", () => rm(join(tree(), "a.txt"))],
  ["when the way back to the repository was gone", () => rm(join(tree(), ".git"))],
  ["when all files were gone", () => rm(tree(), { recursive: true })],
  ["when only the branch was left", () => git(space.dir, "worktree", "remove", tree())],
])("a removal that a crash cut short %s is finished", async (_, crash) => {
  const call = await startRemoval();
  await crash();
  expect(await call.recover()).toContain(removed());
  expect(session).toMatchObject({ workspace: space.dir, worktree: null });
  expect(await exists(tree())).toBe(false);
  expect(await branches()).toBe("main");
});

test("a removal that was done before the crash is done", async () => {
  const call = await startRemoval();
  await call.run();
  expect(await call.recover()).toContain(removed());
  expect(session.worktree).toBe(null);
});

test("work that appeared after the crash is judged anew and not removed", async () => {
  const call = await startRemoval();
  await put(tree(), { "mine.txt": "work" });
  expect(await call.recover()).toBe("again");
  expect(await session.call(exitWorktreeTool, { action: "remove" })).toContain("(mine.txt) would be lost");
});

test("a branch that moved on after the crash stays", async () => {
  const call = await startRemoval();
  await git(tree(), "commit", "-q", "--allow-empty", "-m", "late");
  expect(await call.recover()).toContain('the branch "jamey/fix" has moved on or is in use, and stays');
  expect(await branches()).toBe("jamey/fix\nmain");
});

/** A program that leaves a mark when anything runs it. */
async function trap(name: string): Promise<{ path: string; mark: string }> {
  const [path, mark] = [join(space.outside, name), join(space.outside, "marks", name)];
  await mkdir(join(space.outside, "marks"), { recursive: true });
  await writeFile(path, `#!/bin/sh\ntouch '${mark}'\ncat\n`);
  await chmod(path, 0o755);
  return { path, mark };
}

async function setTraps(): Promise<string[]> {
  const made = (name: string) => trap(name).then(({ path }) => path);
  await put(space.dir, { ".gitattributes": "*.txt filter=a.b=c\n*.md filter=inc\n", "b.md": "b\n" });
  await git(space.dir, "add", "-A");
  await git(space.dir, "commit", "-q", "-m", "attributes");
  for (const hook of ["post-checkout", "reference-transaction", "post-index-change"]) {
    await put(join(space.dir, ".git", "hooks"), { [hook]: await Deno.readTextFile(await made(hook)) });
    await chmod(join(space.dir, ".git", "hooks", hook), 0o755);
  }
  const included = join(space.dir, ".git", "more");
  await writeFile(included, `[filter "inc"]\n\tsmudge = ${await made("smudge")}\n\trequired = true\n`);
  const settings: [string, string][] = [
    ["core.fsmonitor", await made("fsmonitor")],
    ["core.pager", await made("pager")],
    ["core.editor", await made("editor")],
    ["core.sshCommand", await made("ssh")],
    ["filter.a.b=c.clean", await made("clean")],
    ["filter.a.b=c.smudge", await made("smudge2")],
    ["filter.a.b=c.process", await made("process")],
    ["filter.a.b=c.required", "true"],
    ["hook.evil.command", await made("hook")],
    ["hook.evil.event", "post-checkout"],
    ["include.path", included],
    ["log.showSignature", "true"],
    ["gpg.program", await made("gpg")],
  ];
  for (const [key, value] of settings) await git(space.dir, "config", key, value);
  return settings.map(([key]) => key);
}

test("a hostile repository runs nothing when a worktree is made, judged and removed", async () => {
  const keys = await setTraps();
  // Settings of the user's own git (HOME) are not in play here; what the repository sets is.
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("Working in");
  await put(tree(), { "a.txt": "changed\n", "c.txt": "c\n" });
  expect(await session.call(exitWorktreeTool, { action: "remove" })).toContain("2 uncommitted files");
  expect(await session.call(exitWorktreeTool, { action: "remove", discard_changes: true })).toContain(
    "are removed",
  );
  const ran = await readdir(join(space.outside, "marks"));
  console.log(`hostile settings: ${keys.length}, hooks: 3, executions: ${ran.length}`);
  expect(ran).toEqual([]);
});

test("a program in the repository that is named git is not taken for git", async () => {
  const { path, mark } = await trap("git");
  await put(space.dir, { git: await Deno.readTextFile(path) });
  await chmod(join(space.dir, "git"), 0o755);
  const [search, here] = [Deno.env.get("PATH") ?? "", Deno.cwd()];
  Deno.env.set("PATH", `.:${search}`);
  // A daemon may have been started in the folder itself.
  Deno.chdir(space.dir);
  try {
    const run = await openGit(space.dir, { signal: new AbortController().signal });
    expect((await run(["rev-parse", "--show-toplevel"])).stdout.trim()).toBe(space.dir);
  } finally {
    Deno.env.set("PATH", search);
    Deno.chdir(here);
  }
  expect(await exists(mark)).toBe(false);
});

test("settings in which a repository claims a folder around it are refused", async () => {
  await git(space.dir, "config", "core.worktree", space.outside);
  expect(await session.call(enterWorktreeTool, enterArgs)).toContain("Cannot use a worktree");
  expect(await exists(join(space.outside, ".jamey"))).toBe(false);
});

/** A file that stops git when it makes files, until somebody writes to it or git is ended. */
async function holdGit(): Promise<
  { path: string; reached: () => Promise<void>; letGo: () => Promise<void> }
> {
  const path = join(space.outside, "attributes");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  await git(space.dir, "config", "core.attributesFile", path);
  const lock = join(space.dir, ".git", "worktrees", "fix", "locked");
  const reached = async () => {
    while (!(await exists(lock))) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const letGo = async () => {
    const writer = await open(path, "r+");
    await rm(path);
    await writer.close();
  };
  return { path, reached, letGo };
}

test("a call that is cancelled while git works leaves no worktree, no branch and no process behind", async () => {
  const held = await holdGit();
  const abort = new AbortController();
  const running = runTool(enterWorktreeTool, enterArgs, session.context({ signal: abort.signal }));
  await held.reached();
  expect(await processesWith(tree())).not.toEqual([]);
  abort.abort();
  expect(await running).toMatchObject({ status: "interrupted", reason: "cancelled" });
  expect(await exists(tree())).toBe(false);
  expect(await branches()).toBe("main");
  expect(await git(space.dir, "worktree", "list")).not.toContain("fix");
  expect(await processesWith(tree())).toEqual([]);
});

test("a git that outlived the program is awaited, and the worktree it made is entered", async () => {
  const held = await holdGit();
  const call = await startEntry();
  const running = call.run();
  await held.reached();
  const recovering = recoverEntry(call.evidence);
  await held.letGo();
  expect(await recovering).toContain(`Working in "${tree()}"`);
  expect(await exists(join(tree(), "a.txt"))).toBe(true);
  expect(await running).toMatchObject({ status: "finished" });
});

test("git that runs too long or says too much is ended", async () => {
  const run = await openGit(space.dir, { signal: new AbortController().signal });
  await expect(run(["hash-object", "--stdin-paths", "--no-filters"])).resolves.toMatchObject({ code: 0 });
  await put(space.dir, { "large.txt": "x".repeat(100_000) });
  const cut = await run(["diff", "--no-index", "--", "/dev/null", "large.txt"], { outputBytesMax: 1000 });
  expect(cut).toMatchObject({ truncated: true });
  expect(cut.stdout.length).toBe(1000);
  // A pipe that nobody writes to: git waits for its attributes for ever.
  await new Deno.Command("mkfifo", { args: [join(space.dir, ".gitattributes")] }).output();
  await expect(run(["add", "large.txt"], { timeoutMs: 200 })).rejects.toThrow(
    "Cannot finish git add: it ran longer than 200 ms",
  );
});

test("the folder for worktrees is made once and keeps what is in it", async () => {
  await makeWorktreesFolder(space.dir);
  await put(join(space.dir, ".jamey", "worktrees"), { ".gitignore": "mine\n" });
  await makeWorktreesFolder(space.dir);
  expect(await Deno.readTextFile(join(space.dir, ".jamey", "worktrees", ".gitignore"))).toBe("mine\n");
  expect(await runTool(exitWorktreeTool, { action: "nothing" }, session.context())).toMatchObject({
    status: "failed",
  });
});
