// Walks a folder in a stable order: skips what .gitignore names, `.git` and `node_modules`, never follows links.
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { isInside } from "./paths.ts";

export const walkEntriesMax = 200_000;
const walkDepthMax = 64;
const ignoreFileBytesMax = 256 * 1024;
const skippedFolders = new Set([".git", "node_modules"]);

export interface WalkedFile {
  /** Absolute path. */
  path: string;
  /** Relative to where the walk began, with `/`. */
  below: string;
  kind: "file" | "link";
}

/** The rules of one folder's .gitignore. */
interface IgnoreRules {
  folder: string;
  rules: Ignore;
}

/** Yields files and links below `base`, sorted by path, one folder after the other. Throws when `signal` aborts. */
export async function* walk(
  base: string,
  options: { root: string; signal: AbortSignal },
): AsyncGenerator<WalkedFile, { complete: boolean }> {
  const seen = { entries: 0 };
  const rules = await rulesAbove(base, options.root);
  const complete = yield* walkFolder(base, { base, rules, depth: 0, seen, signal: options.signal });
  return { complete };
}

interface WalkState {
  base: string;
  rules: readonly IgnoreRules[];
  depth: number;
  seen: { entries: number };
  signal: AbortSignal;
}

/** True when everything below was seen, false when a maximum ended the walk. */
async function* walkFolder(folder: string, state: WalkState): AsyncGenerator<WalkedFile, boolean> {
  state.signal.throwIfAborted();
  if (state.depth > walkDepthMax) return false;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const own = entries.some((entry) => entry.name === ".gitignore" && entry.isFile())
    ? await readRules(folder)
    : null;
  const rules = own === null ? state.rules : [...state.rules, own];
  entries.sort((one, other) => one.name < other.name ? -1 : 1);
  let complete = true;
  for (const entry of entries) {
    if (++state.seen.entries > walkEntriesMax) return false;
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (isFolder && skippedFolders.has(entry.name)) continue;
    if (isIgnored(path, isFolder, rules)) continue;
    if (isFolder) {
      complete = (yield* walkFolder(path, { ...state, rules, depth: state.depth + 1 })) && complete;
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      yield { path, below: slashes(relative(state.base, path)), kind: entry.isFile() ? "file" : "link" };
    }
  }
  return complete;
}

/** The nearest rules that say anything about `path` decide, as in git. */
function isIgnored(path: string, isFolder: boolean, rules: readonly IgnoreRules[]): boolean {
  for (const level of rules.toReversed()) {
    const verdict = level.rules.test(slashes(relative(level.folder, path)) + (isFolder ? "/" : ""));
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}

/** Rules of the folders from `root` down to just above `base`. */
async function rulesAbove(base: string, root: string): Promise<IgnoreRules[]> {
  const found: IgnoreRules[] = [];
  let folder = base;
  for (let depth = 0; depth < walkDepthMax && folder !== root && isInside(folder, [root]); depth++) {
    folder = dirname(folder);
    const rules = await readRules(folder);
    if (rules !== null) found.unshift(rules);
  }
  return found;
}

async function readRules(folder: string): Promise<IgnoreRules | null> {
  try {
    const path = join(folder, ".gitignore");
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > ignoreFileBytesMax) return null;
    return { folder, rules: ignore().add(await readFile(path, "utf8")) };
  } catch {
    return null;
  }
}

function slashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
