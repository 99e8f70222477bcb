// The folder that came as one: from where a program works, up to what a clone brings along.
import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, sep } from "node:path";

export const levelsMax = 64;

/**
 * The closest folder, from the workspace up, that holds `.git`; the workspace itself when none does. A repository of the
 * whole home folder, as some keep for their dotfiles, is not that of what lies in it: its files could be read from there.
 */
export function repositoryRoot(workspace: string): string {
  let folder = workspace;
  for (let level = 0; level < levelsMax; level++) {
    if (holdsRepository(folder)) return holdsHome(folder) ? workspace : folder;
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  return workspace;
}

/** Whether `.git` is in a folder. An empty folder of that name is none, for git as well: it may just hold the place. */
export function holdsRepository(folder: string): boolean {
  const path = join(folder, ".git");
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return false;
  return !info.isDirectory() || !isEmpty(path);
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return false;
  }
}

/** Whether an absolute, real path is `root` or below it. */
export function isBelow(path: string, root: string): boolean {
  const rest = relative(root, path);
  return rest === "" || !(rest === ".." || rest.startsWith(".." + sep) || isAbsolute(rest));
}

function holdsHome(folder: string): boolean {
  const home = homedir();
  return isAbsolute(home) && isBelow(realOr(home), folder);
}

/** The real path; of what does not exist, its deepest part that does, with the rest as it is given. */
export function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realOr(dirname(path)), relative(dirname(path), path));
  }
}
