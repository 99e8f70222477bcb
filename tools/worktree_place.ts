// Where a worktree may be made: the repository of a workspace, the folder for worktrees in it, and names that are fit.
import { lstat, mkdir, open } from "node:fs/promises";
import { join, sep } from "node:path";
import { Problem } from "../src/protocol/problem.ts";
import { errorCode } from "./failure.ts";
import type { Git } from "./git.ts";
import { isInside } from "./paths.ts";

export interface Repository {
  /** The top folder of the working tree that holds the workspace. */
  top: string;
  /** The workspace, from there; "" when it is the top folder. */
  prefix: string;
}

/** The repository of a folder, or a Problem in words for everything in which no worktree can be made. */
export async function findRepository(git: Git, workspace: string): Promise<Repository> {
  const refuse = (why: string) =>
    new Problem("bad_request", `Cannot use a worktree for "${workspace}": ${why}`);
  const found = await git([
    "rev-parse",
    "--path-format=absolute",
    "--show-toplevel",
    "--git-dir",
    "--git-common-dir",
  ]);
  if (found.code !== 0) throw refuse(whyNot(found.stderr));
  const [top = "", gitDir = "", commonDir = "", ...rest] = found.stdout.split("\n");
  if (rest.length !== 1) throw refuse("there is a line end in the path of its repository, move it");
  // A repository's own settings can name any folder as its working tree.
  if (!isInside(workspace, [top]) || await lstat(join(top, ".git")).catch(() => null) === null) {
    throw refuse(`its repository says that it belongs to "${top}", which does not hold it`);
  }
  if (gitDir === commonDir && commonDir.includes(`${sep}.git${sep}modules${sep}`)) {
    throw refuse("it is a submodule, work in a clone of its own instead");
  }
  return { top, prefix: workspace === top ? "" : workspace.slice(top.length + 1) };
}

function whyNot(stderr: string): string {
  if (stderr.includes("dubious ownership")) {
    return 'its repository belongs to another user, who must be trusted first with git\'s "safe.directory"';
  }
  if (stderr.includes("bare repository") || stderr.includes("must be run in a work tree")) {
    return "it is a bare repository or the inside of one, use a clone that has files";
  }
  if (stderr.includes("not a git repository")) {
    return "it is not in a git repository, work without one or run git init";
  }
  return stderr.split("\n")[0] ?? "git does not say why";
}

const folderNames = [".jamey", "worktrees"];

/** The folder for all worktrees of a repository. Inside it, as a session may work there; hidden from its status. */
export function worktreesFolder(top: string): string {
  return join(top, ...folderNames);
}

/** Makes that folder. It holds a .gitignore that covers itself too, so that nothing of the user's must be changed. */
export async function makeWorktreesFolder(top: string): Promise<void> {
  let folder = top;
  for (const name of folderNames) {
    folder = join(folder, name);
    await mkdir(folder).catch((thrown) => {
      if (errorCode(thrown) !== "EEXIST") throw thrown;
    });
    if ((await lstat(folder)).isDirectory()) continue;
    throw new Problem("conflict", `Cannot make a worktree: "${folder}" is not a folder, remove it`);
  }
  try {
    const file = await open(join(folder, ".gitignore"), "wx", 0o644);
    await file.writeFile("*\n").finally(() => file.close());
  } catch (thrown) {
    if (errorCode(thrown) !== "EEXIST") throw thrown;
  }
}

export const nameCharsMax = 64;
export const branchCharsMax = 200;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether a folder of this name is one that every system takes as it is. */
export function isWorktreeName(name: string): boolean {
  return name.length <= nameCharsMax && namePattern.test(name) && !/(\.lock|\.)$/i.test(name);
}

/** Throws unless git takes it as the name of a new branch, and nothing else could. */
export async function checkNewBranch(git: Git, branch: string): Promise<void> {
  const refuse = (why: string) => new Problem("bad_request", `Cannot make the branch "${branch}": ${why}`);
  const isOdd = branch.startsWith("-") || branch === "HEAD" || branch.startsWith("refs/") ||
    branch.includes("\0");
  if (isOdd || (await git(["check-ref-format", `refs/heads/${branch}`])).code !== 0) {
    throw refuse("it is no name for a branch, use letters, digits, dots, dashes and slashes");
  }
  const taken = await git(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  if (taken.code === 0) throw refuse("there is one of that name already, choose another");
}

/** The commit that is meant, as its hash. */
export async function resolveCommit(git: Git, name: string): Promise<string> {
  const isOdd = name.startsWith("-") || name.includes("\0");
  const found = isOdd
    ? null
    : await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  if (found?.code === 0) return found.stdout.trim();
  const why = name === "HEAD"
    ? "the repository has no commit yet, make one first"
    : "there is no such commit or branch";
  throw new Problem("bad_request", `Cannot begin a worktree from "${name}": ${why}`);
}
