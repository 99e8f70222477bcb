// Workspace confinement: from a path a model gave to a real path inside the roots, or a Problem that says why not.
// The answer is true at this moment only; `open_file.ts` and `pinned_directory.ts` check again on what they opened.
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Problem } from "../src/protocol/problem.ts";
import { errorCode } from "./failure.ts";

export const pathCharsMax = 4096;
const partsMax = 256;

/** Where paths are resolved, and in which folders they must end. All absolute, real paths. */
export interface Confinement {
  workspace: string;
  roots: readonly string[];
}

export interface ConfinedPath {
  /** As the model gave it, for messages. */
  given: string;
  /** Absolute, without symbolic links; the last parts may not exist yet. */
  real: string;
  exists: boolean;
}

/** Resolves `given` through all symbolic links; throws a Problem when it is malformed or ends outside the roots. */
export async function confinePath(given: string, where: Confinement): Promise<ConfinedPath> {
  checkSpelling(given);
  const { real, exists } = await realPathOf(resolve(where.workspace, given), given);
  assertInside(real, where.roots, given);
  return { given, real, exists };
}

/** Whether an absolute real path is one of the roots or below one. */
export function isInside(real: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const rest = relative(root, real);
    return rest === "" || !(rest === ".." || rest.startsWith(".." + sep) || isAbsolute(rest));
  });
}

export function assertInside(real: string, roots: readonly string[], given: string): void {
  if (isInside(real, roots)) return;
  throw new Problem("forbidden", `Cannot use "${given}": it is outside the workspace`, {
    hint: `files may be touched in ${roots.map((root) => `"${root}"`).join(", ")}`,
  });
}

/** A path as results show it: relative to the workspace when inside, else absolute; always with `/`. */
export function shownPath(real: string, workspace: string): string {
  const shown = isInside(real, [workspace]) ? relative(workspace, real) || "." : real;
  return sep === "/" ? shown : shown.replaceAll(sep, "/");
}

function checkSpelling(given: string): void {
  const wrong = (what: string) =>
    new Problem("bad_request", `Cannot use path "${given.slice(0, 200)}": ${what}`);
  if (given === "") throw wrong("it is empty, give a path");
  if (given.includes("\0")) throw wrong("it holds a NUL character");
  if (given.length > pathCharsMax) {
    throw wrong(`it has ${given.length} characters, the most is ${pathCharsMax}`);
  }
  if (/^~($|[/\\])/.test(given)) throw wrong('"~" is not expanded, give a path from the workspace');
  if (/^file:/i.test(given)) throw wrong("it is a URL, give a plain path");
  if (/^[/\\]{2}[?.][/\\]/.test(given)) throw wrong("device paths are refused, give a plain path");
}

/** `realpath` of the deepest part that exists, plus the missing rest. */
async function realPathOf(absolute: string, given: string): Promise<{ real: string; exists: boolean }> {
  const missing: string[] = [];
  let current = absolute;
  for (let part = 0; part < partsMax; part++) {
    try {
      return { real: join(await realpath(current), ...missing), exists: missing.length === 0 };
    } catch (thrown) {
      const code = errorCode(thrown);
      if (code === "ELOOP") throw refusal(given, "its symbolic links form a loop");
      if (code === "ENAMETOOLONG") throw refusal(given, "a name in it is too long");
      if (code === "EACCES") throw refusal(given, "permission denied");
      if (code === "ENOTDIR") throw refusal(given, `"${dirname(current)}" is not a directory`);
      if (code !== "ENOENT") throw thrown;
    }
    if (await isLink(current)) {
      throw refusal(given, `"${current}" is a symbolic link to something that is missing`);
    }
    missing.unshift(basename(current));
    if (dirname(current) === current) break;
    current = dirname(current);
  }
  throw refusal(given, `it has more than ${partsMax} parts`);
}

function refusal(given: string, what: string): Problem {
  return new Problem("bad_request", `Cannot use path "${given}": ${what}`);
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (thrown) {
    if (errorCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}
