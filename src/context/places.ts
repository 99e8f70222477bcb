// Where a workspace's own files lie: the folders from the top of its repository down to it.
import { lstatSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, sep } from "node:path";

const levelsMax = 64;

/**
 * The closest folder, from the workspace up, that holds `.git`; the workspace itself when none does. A repository of the
 * whole home folder, as some keep for their dotfiles, is not that of what lies in it: its files could be read from there.
 */
export function repositoryRoot(workspace: string): string {
  let folder = workspace;
  for (let level = 0; level < levelsMax; level++) {
    if (isThere(join(folder, ".git"))) return holdsHome(folder) ? workspace : folder;
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  return workspace;
}

function holdsHome(folder: string): boolean {
  const home = homedir();
  if (!isAbsolute(home)) return false;
  try {
    return isBelow(realpathSync(home), folder);
  } catch {
    return isBelow(home, folder);
  }
}

/** Whether the workspace is in a git repository, as far as its folders tell. */
export function isInRepository(workspace: string): boolean {
  return isThere(join(repositoryRoot(workspace), ".git"));
}

/** The folders from the top of the repository to the workspace, both included. */
export function foldersDown(workspace: string): string[] {
  const root = repositoryRoot(workspace);
  const folders = [workspace];
  for (let folder = workspace; folder !== root && folders.length <= levelsMax;) {
    folder = dirname(folder);
    folders.unshift(folder);
  }
  return folders;
}

/** Whether an absolute, real path is `root` or below it. */
export function isBelow(path: string, root: string): boolean {
  const rest = relative(root, path);
  return rest === "" || !(rest === ".." || rest.startsWith(".." + sep) || isAbsolute(rest));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
