// What would be lost if a worktree and its branch were removed, found by looking and said in words.
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Worktree } from "../src/protocol/work_facts.ts";
import type { Git } from "./git.ts";
import { branchTip, mustSucceed } from "./worktree.ts";

/** How many files and commits are named; the rest is counted. */
export const lossesNamedMax = 20;
const commitsMax = 1000;

/** One line a kind of loss; none when everything is kept elsewhere. Ignored files are not counted. */
export async function findLosses(git: Git, tree: Worktree): Promise<string[]> {
  // Without a `.git` that leads back, git would judge the repository around it, or another one.
  if (!(await belongsTo(git, tree))) return [`everything in "${tree.path}", which is no worktree any more,`];
  return [...await changedFiles(git), ...await lonelyCommits(git, tree), ...await innerRepositories(git)];
}

/** Whether nothing has happened to the files but that some are gone: what a removal that was cut short leaves. */
export async function isOnlyMissingFiles(git: Git): Promise<boolean> {
  return (await statusEntries(git)).every((entry) => entry.startsWith(" D "));
}

async function belongsTo(git: Git, tree: Worktree): Promise<boolean> {
  const args = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
  const [here, there] = [await git([...args, "--show-toplevel"]), await git(args, { cwd: tree.repository })];
  return here.code === 0 && there.code === 0 &&
    here.stdout ===
      `${there.stdout.trimEnd()}\n${sep === "/" ? tree.path : tree.path.replaceAll(sep, "/")}\n`;
}

async function changedFiles(git: Git): Promise<string[]> {
  const entries = await statusEntries(git);
  if (entries.length === 0) return [];
  const named = entries.slice(0, lossesNamedMax).map((entry) => entry.slice(3)).join(", ");
  return [`${count(entries.length, "uncommitted file")} (${named}${rest(entries.length)})`];
}

async function statusEntries(git: Git): Promise<string[]> {
  const args = [
    "status",
    "--porcelain=v1",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=dirty",
  ];
  const status = await git(args);
  // Too many to be read are still changes: what was read of them says enough.
  if (!status.truncated) await mustSucceed(Promise.resolve(status), "see what is uncommitted");
  return status.stdout.split("\0").filter((entry) => entry !== "");
}

/** Commits of the branch, and of whatever else is checked out there, that no other branch, tag or remote holds. */
async function lonelyCommits(git: Git, tree: Worktree): Promise<string[]> {
  const starts = [await branchTip(git, tree.branch), "HEAD"].filter((start) => start !== null);
  const args = [
    "log",
    "--format=%h %s",
    "-z",
    `--max-count=${commitsMax}`,
    ...starts,
    "--not",
    tree.base,
    // A pattern to git, but no branch can have a name with characters that mean something in one.
    `--exclude=${tree.branch}`,
    "--branches",
    "--tags",
    "--remotes",
  ];
  const found = await mustSucceed(git(args), "see which commits are only here");
  const commits = found.stdout.split("\0").filter((line) => line !== "");
  if (commits.length === 0) return [];
  const named = commits.slice(0, lossesNamedMax).map((line) => line.slice(0, 100)).join("; ");
  const number = commits.length === commitsMax
    ? `${commitsMax} or more commits`
    : count(commits.length, "commit");
  return [`${number} on no other branch (${named}${rest(commits.length)})`];
}

/** Submodules that were checked out here keep their own commits and changes, which git does not look at for us. */
async function innerRepositories(git: Git): Promise<string[]> {
  const found = await mustSucceed(
    git(["rev-parse", "--path-format=absolute", "--git-dir"]),
    "find its settings",
  );
  const inner = await readdir(join(found.stdout.trimEnd(), "modules")).catch(() => []);
  if (inner.length === 0) return [];
  return [`whatever was done in its submodules (${inner.slice(0, lossesNamedMax).join(", ")})`];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function rest(number: number): string {
  return number > lossesNamedMax ? ` and ${number - lossesNamedMax} more` : "";
}
