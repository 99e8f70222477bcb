// EnterWorktree and ExitWorktree on real repositories: what is made, what is refused, and what is never lost.
import { afterEach, beforeEach, expect, test } from "vitest";
import { access, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { enterWorktreeTool } from "../../tools/enter_worktree.ts";
import { exitWorktreeTool } from "../../tools/exit_worktree.ts";
import { globTool } from "../../tools/glob.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";
import { follow, type Follower, git, makeRepository, put } from "./worktree_repository.ts";

let space: TestWorkspace;
let session: Follower;
beforeEach(async () => {
  space = await makeWorkspace();
  session = follow(space, space.dir);
});
afterEach(() => space.remove());

const enter = (args = {}) => session.call(enterWorktreeTool, args);
const exit = (action: "keep" | "remove", more = {}) => session.call(exitWorktreeTool, { action, ...more });
const exists = (path: string) => access(path).then(() => true, () => false);
const branches = () => git(space.dir, "branch", "--format=%(refname:short)");
const tree = () => join(space.dir, ".jamey", "worktrees", "fix");

test("a worktree is a folder and a branch of its own; nothing shows in the status or the searches of the main one", async () => {
  await makeRepository(space.dir);
  expect(await enter({ name: "fix" })).toContain(`Working in "${tree()}" now, on the new branch "jamey/fix"`);
  expect(session.workspace).toBe(tree());
  expect(session.worktree).toEqual({
    path: tree(),
    branch: "jamey/fix",
    repository: space.dir,
    base: await git(space.dir, "rev-parse", "HEAD"),
    came_from: space.dir,
  });
  await writeFile(join(tree(), "a.txt"), "changed\n");
  expect(await readFile(join(space.dir, "a.txt"), "utf8")).toBe("a\n");
  expect(await git(space.dir, "status", "--porcelain")).toBe("");
  expect(await git(tree(), "status", "--porcelain")).toBe("M a.txt");
  expect(textOf(await runTool(globTool, { pattern: "**/a.txt" }, space.context()))).toBe("a.txt");
  const inside = space.context({ workspace: tree(), roots: [tree()] });
  expect(textOf(await runTool(globTool, { pattern: "**/a.txt" }, inside))).toBe("a.txt");
});

test("keeping a worktree goes back and leaves folder and branch", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  expect(await exit("keep")).toContain('stays in "');
  expect(session).toMatchObject({ workspace: space.dir, worktree: null });
  expect(await exists(tree())).toBe(true);
  expect(await branches()).toBe("jamey/fix\nmain");
});

test("removing an unchanged worktree takes folder and branch away", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  expect(await exit("remove")).toBe(
    `Working in "${space.dir}" again. The worktree "${tree()}" and the branch "jamey/fix" are removed`,
  );
  expect(session).toMatchObject({ workspace: space.dir, worktree: null });
  expect(await exists(tree())).toBe(false);
  expect(await branches()).toBe("main");
  expect(await git(space.dir, "worktree", "list")).not.toContain("fix");
});

test("uncommitted files and commits that are nowhere else are named and kept, until discarding them is said", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  await put(tree(), { "new file.txt": "x", "b.txt": "b" });
  expect(await exit("remove")).toBe(
    `Cannot remove the worktree "${tree()}": 2 uncommitted files (b.txt, new file.txt) would be lost; commit and merge them, keep the worktree, or set discard_changes when the user agrees`,
  );
  await git(tree(), "add", "b.txt");
  await git(tree(), "commit", "-q", "-m", "add b");
  const both = await exit("remove");
  expect(both).toMatch(/1 uncommitted file \(new file\.txt\) and 1 commit on no other branch \(\w+ add b\)/);
  expect(session.worktree?.path).toBe(tree());
  expect(await exists(join(tree(), "new file.txt"))).toBe(true);
  expect(await exit("remove", { discard_changes: true })).toContain("Discarded: 1 uncommitted file");
  expect(await exists(tree())).toBe(false);
  expect(await branches()).toBe("main");
});

test("commits that were merged are not lost, and those on another branch checked out there are", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  await put(tree(), { "b.txt": "b" });
  await git(tree(), "add", "-A");
  await git(tree(), "commit", "-q", "-m", "add b");
  await git(tree(), "checkout", "-q", "--detach");
  await git(tree(), "commit", "-q", "--allow-empty", "-m", "on nothing");
  await git(space.dir, "merge", "-q", "jamey/fix");
  expect(await exit("remove")).toMatch(/1 commit on no other branch \(\w+ on nothing\)/);
  await git(space.dir, "branch", "saved", await git(tree(), "rev-parse", "HEAD"));
  expect(await exit("remove")).toContain("are removed");
  expect(await branches()).toBe("main\nsaved");
});

test("a session in a folder of the repository works in the same folder of the worktree", async () => {
  await makeRepository(space.dir, { "pack/ä b/x.txt": "x" });
  session = follow(space, join(space.dir, "pack", "ä b"));
  await enter({ name: "fix" });
  expect(session.workspace).toBe(join(tree(), "pack", "ä b"));
  expect(await exit("remove")).toContain("are removed");
  expect(session.workspace).toBe(join(space.dir, "pack", "ä b"));
});

test("repositories with spaces, quotes and other letters in their path work, also from a detached head", async () => {
  const dir = join(space.dir, `it's "my" répo 数`);
  await makeRepository(dir);
  await git(dir, "checkout", "-q", "--detach");
  session = follow(space, dir);
  expect(await enter({ name: "fix" })).toContain("Working in");
  expect(await git(session.workspace, "branch", "--show-current")).toBe("jamey/fix");
  expect(await exit("remove")).toContain("are removed");
});

test("changes of the main tree stay there, and the agent is told", async () => {
  await makeRepository(space.dir);
  await writeFile(join(space.dir, "a.txt"), "mine\n");
  expect(await enter({ name: "fix" })).toContain(`Uncommitted changes in "${space.dir}" stay there`);
  expect(await readFile(join(tree(), "a.txt"), "utf8")).toBe("a\n");
});

test("without a name a worktree gets one that no other session or call chooses", async () => {
  await makeRepository(space.dir);
  await enter();
  expect(session.worktree?.branch).toMatch(/^jamey\/s-01-c\d+-1$/);
});

test("names and branches that are taken are refused", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  expect(await enter({ name: "other" })).toContain("leave it with ExitWorktree first");
  await exit("keep");
  expect(await enter({ name: "fix" })).toContain(`"${tree()}" exists, choose another name`);
  expect(await enter({ name: "new", branch: "jamey/fix" })).toBe(
    'Cannot make the branch "jamey/fix": there is one of that name already, choose another',
  );
});

test.each([
  "--upload-pack=touch x",
  "-x",
  "a..b",
  "a b",
  "a~1",
  "HEAD",
  "refs/heads/x",
  "@{-1}",
  "a.lock",
  "/a",
  "a\nb",
])(
  "the branch name %j is refused",
  async (branch) => {
    await makeRepository(space.dir);
    expect(await enter({ name: "fix", branch })).toContain("it is no name for a branch");
    expect(await exists(join(space.dir, ".jamey"))).toBe(false);
  },
);

test.each(["..", "../x", "a/b", ".git", "-x", "a b", "x.lock", "x.", "ü", "a".repeat(65)])(
  "the worktree name %j is refused",
  async (name) => {
    expect(await enter({ name })).toContain('"name" is wrong');
  },
);

test("a base is a branch or a commit that exists, and nothing that git would take for an option", async () => {
  await makeRepository(space.dir);
  await git(space.dir, "branch", "old");
  await git(space.dir, "commit", "-q", "--allow-empty", "-m", "second");
  expect(await enter({ base: "nothing" })).toBe(
    'Cannot begin a worktree from "nothing": there is no such commit or branch',
  );
  expect(await enter({ base: "--all" })).toContain("there is no such commit");
  await enter({ base: "old" });
  expect(session.worktree?.base).toBe(await git(space.dir, "rev-parse", "old"));
});

test("folders without a repository, without a commit, bare ones and submodules are refused in words", async () => {
  expect(await enter()).toContain("it is not in a git repository");
  await git(space.dir, "init", "-q");
  expect(await enter()).toContain("the repository has no commit yet");
  const bare = join(space.outside, "bare.git");
  await mkdir(bare);
  await git(bare, "init", "-q", "--bare");
  session = follow(space, bare);
  expect(await enter()).toContain("it is a bare repository");
  const [inner, outer] = [join(space.outside, "inner"), join(space.outside, "outer")];
  await makeRepository(inner);
  await makeRepository(outer);
  await git(outer, "submodule", "--quiet", "add", inner, "sub");
  await git(outer, "commit", "-q", "-m", "submodule");
  session = follow(space, join(outer, "sub"));
  expect(await enter()).toContain("it is a submodule");
  session = follow(space, outer);
  expect(await enter({ name: "fix" })).toContain("Its submodules are empty here");
  expect(await exit("remove")).toContain("are removed");
});

test("submodules that were checked out in a worktree are not thrown away in silence", async () => {
  await makeRepository(join(space.outside, "inner"));
  await makeRepository(space.dir);
  await git(space.dir, "submodule", "--quiet", "add", join(space.outside, "inner"), "sub");
  await git(space.dir, "commit", "-q", "-m", "submodule");
  await enter({ name: "fix" });
  await git(tree(), "submodule", "--quiet", "update", "--init");
  expect(await exit("remove")).toContain("whatever was done in its submodules (sub)");
  expect(await exit("remove", { discard_changes: true })).toContain("are removed");
});

test("a link in place of the folder for worktrees leads nowhere", async () => {
  await makeRepository(space.dir);
  await symlink(space.outside, join(space.dir, ".jamey"));
  expect(await enter({ name: "fix" })).toContain("is not a folder, remove it");
  expect(await exists(join(space.outside, "worktrees"))).toBe(false);
  expect(await branches()).toBe("main");
});

test("a worktree that somebody removed by hand can still be left", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  await rm(tree(), { recursive: true });
  expect(await exit("remove")).toContain("are removed");
  expect(await branches()).toBe("main");
});

test("a worktree whose way back to the repository is gone is not judged by the repository around it", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  await rm(join(tree(), ".git"));
  expect(await exit("remove")).toContain(
    `everything in "${tree()}", which is no worktree any more, would be lost`,
  );
  expect(await exists(join(tree(), "a.txt"))).toBe(true);
  expect(await exit("remove", { discard_changes: true })).toContain("are removed");
});

test("sub-agents neither enter nor leave, and there is nothing to leave outside of a worktree", async () => {
  await makeRepository(space.dir);
  const child = session.context({ actor: "main/agent:x" });
  expect(textOf(await runTool(enterWorktreeTool, {}, child))).toContain("a sub-agent may not");
  expect(textOf(await runTool(exitWorktreeTool, { action: "keep" }, child))).toContain("a sub-agent may not");
  expect(await exit("keep")).toBe("Cannot leave a worktree: the session is in none");
});

test("a link that took the place of the folder for worktrees has nothing removed behind it", async () => {
  await makeRepository(space.dir);
  await enter({ name: "fix" });
  await rm(join(space.dir, ".jamey", "worktrees"), { recursive: true });
  await put(space.outside, { "fix/precious.txt": "mine" });
  await symlink(space.outside, join(space.dir, ".jamey", "worktrees"));
  expect(await exit("remove", { discard_changes: true })).toContain("it is no worktree that was made here");
  expect(await exists(join(space.outside, "fix", "precious.txt"))).toBe(true);
});
