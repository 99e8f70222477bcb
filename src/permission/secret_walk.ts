// Looks through folders for secret files: in bounded depth, entries and time, in turns, so that others run meanwhile.
import { join } from "node:path";

export const walkDepthMax = 16;
export const walkEntriesMax = 100_000;
const walkMs = 1000;
const turnMs = 10;

export interface SecretWalk {
  /** Files and links that `isSecret` names, and folders that it names, which are not entered. */
  found: string[];
  /** Whether everything was seen. */
  complete: boolean;
}

/** The nearest come first. `node_modules` and what lies deeper in `.git` are left out: they hold what others made. */
export async function walkForSecrets(
  folders: readonly string[],
  isSecret: (path: string, name: string, isFolder: boolean) => boolean,
): Promise<SecretWalk> {
  const walk: SecretWalk = { found: [], complete: true };
  const waiting = [...new Set(folders)].map((path) => ({ path, depth: 0 }));
  const started = performance.now();
  let [entries, turnEnds] = [0, started + turnMs];
  for (let next = 0; next < waiting.length; next++) {
    const folder = waiting[next];
    if (folder === undefined) break;
    const isInGit = /[/\\]\.git$/.test(folder.path);
    for (const { name, isDirectory, isFile, isSymlink } of listFolder(folder.path)) {
      if (++entries > walkEntriesMax) return { ...walk, complete: false };
      const path = join(folder.path, name);
      if ((isFile || isSymlink || isDirectory) && isSecret(path, name, isDirectory)) walk.found.push(path);
      else if (!isDirectory || isInGit || name === "node_modules") continue;
      else if (folder.depth < walkDepthMax) waiting.push({ path, depth: folder.depth + 1 });
      else walk.complete = false;
    }
    const now = performance.now();
    if (now - started > walkMs) return { ...walk, complete: next + 1 === waiting.length && walk.complete };
    if (now < turnEnds) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turnEnds = performance.now() + turnMs;
  }
  return walk;
}

/** Nothing when it cannot be read: then no tool of this user can read it either. */
export function listFolder(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch {
    return [];
  }
}
