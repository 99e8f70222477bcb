// Git in the sandbox, with real repositories: what a person does all day works, in a repository, a linked worktree and a
// submodule; what says which programs git runs stays as it is.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";

const rooms: SandboxRoom[] = [];
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

const settings = [
  "user.name=a",
  "user.email=a@example.com",
  "init.defaultBranch=main",
  "protocol.file.allow=always",
];

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...settings.flatMap((setting) => ["-c", setting]), ...args],
    cwd,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function repository(folder: string): Promise<void> {
  await git(folder, "init", "-q");
  await git(folder, "config", "user.name", "a");
  await git(folder, "config", "user.email", "a@example.com");
  await writeFile(join(folder, "file"), "one\n");
  await git(folder, "add", "-A");
  await git(folder, "commit", "-qm", "one");
}

/** Every step of a day; the first that fails is named. */
const day = [
  '[ -z "$(git status --porcelain)" ]',
  "echo two >>file && git add file && git commit -qm two",
  "git log --oneline | grep -q two",
  "git checkout -qb topic && echo three >new && git add new && git commit -qm three",
  "git diff --quiet HEAD~1 -- file",
  "echo four >>file && git stash -q && git stash pop -q && git checkout -q -- file",
  "git checkout -q - && git merge -q topic && git tag v1 && git branch -d topic -q",
  "git reset -q --hard HEAD~1 && git reset -q --hard ORIG_HEAD",
  "git rebase -q HEAD~1 && git cherry-pick --quit; git rm -q new && git commit -qm five",
  "git mv file moved && git commit -qm six && git blame moved >/dev/null && git show --stat >/dev/null",
  "git gc -q && git fsck --no-dangling && git reflog >/dev/null",
  '[ -z "$(git status --porcelain)" ]',
  "mkdir sub && cd sub && git init -q && git config user.name b && git config user.email b@example.com && git commit -q --allow-empty -m own && cd .. && rm -rf sub",
].map((step) => `(${step}) || { echo "FAILED: ${step.replaceAll('"', "'")}"; exit 1; }`).join("\n");

async function open(): Promise<SandboxRoom> {
  // Where the repository behind a worktree can be seen from inside.
  const room = await openRoom({ place: "/var/tmp" });
  rooms.push(room);
  return room;
}

it("in a repository everything of a day's work is done", async () => {
  const room = await open();
  await repository(room.workspace);
  const before = await readFile(join(room.workspace, ".git", "config"), "utf8");
  expect(await room.text(`${day}\necho done`)).toMatch(/done$/);
  expect(await git(room.workspace, "log", "--format=%s", "-n1")).toBe("six\n");
  expect(await readFile(join(room.workspace, ".git", "config"), "utf8")).toBe(before);
  expect(await git(room.workspace, "status", "--porcelain")).toBe("");
  const names = await readdir(join(room.workspace, ".git"));
  expect(names.filter((name) => /^(commondir|config\.worktree|modules|worktrees)$/.test(name))).toEqual([]);
});

it("in a linked worktree as well, and what is committed there is in the repository", async () => {
  const room = await open();
  const main = join(room.base, "main");
  await mkdir(main);
  await repository(main);
  await git(main, "worktree", "add", "-q", "-b", "linked", room.workspace);
  expect(await room.text(`${day}\necho done`)).toMatch(/done$/);
  expect(await git(main, "log", "--format=%s", "-n1", "linked")).toBe("six\n");
  const evil =
    `g=$(git rev-parse --git-common-dir); echo evil >$g/config; echo evil >$g/hooks/pre-commit; echo evil >$g/commondir; git config core.fsmonitor evil; mkdir $g/worktrees/x; d=$(git rev-parse --git-dir); echo /evil >$d/commondir; echo evil >$d/gitdir; mv $d $d-old; mv $g/worktrees $g/old; mv $g $g-old`;
  await room.bash(evil);
  expect(await readdir(join(main, ".git", "worktrees"))).toHaveLength(1);
  expect(await readdir(join(main, ".git", "hooks"))).not.toContain("pre-commit");
  expect(await readFile(join(main, ".git", "config"), "utf8")).not.toContain("evil");
  expect(await git(room.workspace, "status", "--porcelain")).toBe("");
});

it("a submodule that is the workspace is committed to, and the repository around it is not", async () => {
  const room = await open();
  const [inner, outer] = [join(room.base, "inner"), join(room.base, "outer")];
  await Promise.all([inner, outer].map((folder) => mkdir(folder)));
  await repository(inner);
  await repository(outer);
  await git(outer, "submodule", "add", "-q", inner, "part");
  await git(outer, "commit", "-qm", "part");
  const part = join(outer, "part");
  const prepared = await room.prepare(
    "git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m in && git log -n1 --format=%s; echo evil >../new; echo evil >../.git/HEAD; echo evil >../.git/modules/part/config",
    { workspace: part, roots: [part] },
  );
  const outcome = await prepared.run();
  expect(outcome.status === "interrupted" ? "" : outcome.output).toMatch(/^in\n/);
  expect(await git(part, "log", "-n1", "--format=%s")).toBe("in\n");
  expect((await git(outer, "status", "--porcelain")).trim()).toBe("M part");
});
