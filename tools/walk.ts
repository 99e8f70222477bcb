// Walks a folder in a stable order: skips what .gitignore names, `.git` and `node_modules`, never follows links.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { isInside } from "./paths.ts";

export const walkEntriesMax = 200_000;
const walkDepthMax = 64;
const ignoreFileBytesMax = 256 * 1024;
const skippedFolders = new Set([".git", "node_modules"]);
/** Files are handed over in pieces, because waiting for each one would cost more than finding it. */
const pieceFilesMax = 512;
/** How long folders are read before others get their turn: reading them without waiting is several times as fast. */
const turnMs = 10;

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

interface Entry {
  name: string;
  kind: "file" | "link" | "folder";
}

/** A folder whose entries are being gone through. */
interface OpenFolder {
  /** Its path, ready for a name to follow. */
  prefix: string;
  below: string;
  rules: readonly IgnoreRules[];
  entries: Entry[];
  next: number;
}

/** Yields files and links below `base`, sorted by path, one folder after the other. Throws when `signal` aborts. */
export async function* walk(
  base: string,
  options: { root: string; signal: AbortSignal },
): AsyncGenerator<WalkedFile[], { complete: boolean }> {
  const open = [await openFolder({ path: base, below: "" }, await rulesAbove(base, options.root))];
  let piece: WalkedFile[] = [];
  let [complete, seen, turnEnds] = [true, 0, performance.now() + turnMs];
  for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
    const entry = folder.entries[folder.next++];
    if (entry === undefined) {
      open.pop();
      continue;
    }
    if (++seen > walkEntriesMax) {
      complete = false;
      break;
    }
    const path = folder.prefix + entry.name;
    if (isLeftOut(entry, path, folder.rules)) continue;
    const below = folder.below + entry.name;
    if (entry.kind !== "folder") piece.push({ path, below, kind: entry.kind });
    else if (open.length > walkDepthMax) complete = false;
    else open.push(await openFolder({ path, below: `${below}/` }, folder.rules));
    const isTurnOver = performance.now() >= turnEnds;
    if (piece.length < pieceFilesMax && !isTurnOver) continue;
    if (isTurnOver) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turnEnds = performance.now() + turnMs;
    }
    options.signal.throwIfAborted();
    yield piece;
    piece = [];
  }
  options.signal.throwIfAborted();
  yield piece;
  return { complete };
}

async function openFolder(
  { path, below }: { path: string; below: string },
  above: readonly IgnoreRules[],
): Promise<OpenFolder> {
  const entries = listEntries(path);
  const hasRules = entries.some(({ name, kind }) => name === ".gitignore" && kind === "file");
  const own = hasRules ? await readRules(path) : null;
  const prefix = path.endsWith(sep) ? path : path + sep;
  return { prefix, below, rules: own === null ? above : [...above, own], entries, next: 0 };
}

/** What is in the folder and may concern a search, sorted; nothing when it cannot be read. */
function listEntries(folder: string): Entry[] {
  try {
    const entries: Entry[] = [];
    for (const { name, isFile, isDirectory, isSymlink } of Deno.readDirSync(folder)) {
      if (isFile) entries.push({ name, kind: "file" });
      else if (isDirectory) entries.push({ name, kind: "folder" });
      else if (isSymlink) entries.push({ name, kind: "link" });
    }
    return entries.sort((one, other) => one.name < other.name ? -1 : 1);
  } catch {
    return [];
  }
}

function isLeftOut({ name, kind }: Entry, path: string, rules: readonly IgnoreRules[]): boolean {
  const isFolder = kind === "folder";
  if (isFolder && skippedFolders.has(name)) return true;
  return isIgnored(path, isFolder, rules);
}

/** The nearest rules that say anything about `path` decide, as in git. */
function isIgnored(path: string, isFolder: boolean, rules: readonly IgnoreRules[]): boolean {
  for (let level = rules.length - 1; level >= 0; level--) {
    const nearest = rules[level];
    if (nearest === undefined) continue;
    const below = slashes(path.slice(nearest.folder.length).replace(/^[/\\]/, ""));
    const verdict = nearest.rules.test(isFolder ? `${below}/` : below);
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
