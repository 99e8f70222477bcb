// What of a folder's git may be written by a command, and what of it may not: its hooks, its settings and everything that
// says where these are. Reads files only and never runs git, which would obey them.
import { readdirSync } from "node:fs";
import { constants, open, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Problem } from "../../src/protocol/problem.ts";
import { isInside } from "../paths.ts";
import { kindOf, type ProtectedPath, type ProtectedPlaces } from "./protected_path.ts";

const fileBytesMax = 1024 * 1024;
const configPathsMax = 64;

export async function gitPlaces(root: string, home: string | null): Promise<ProtectedPlaces> {
  const entry = join(root, ".git");
  switch (kindOf(entry)) {
    case "folder":
      // No repository yet, and perhaps the placeholder of another command, which goes with it.
      if (isEmpty(entry)) return await withoutRepository(root, entry, home);
      return {
        paths: [...inRepository(entry), ...besides(root), ...await namedBySettings(root, entry, home)],
        writable: [],
      };
    case "file":
      return await behindFile(root, entry, home);
    case "link":
    case "other":
      return { paths: [{ path: entry, whenAbsent: "folder" }], writable: [] };
    case "absent":
      return await withoutRepository(root, entry, home);
  }
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // What we cannot look into is protected as if it were a repository.
    return false;
  }
}

/** The parts of a repository that decide what git runs. Main repositories and what linked ones share. */
function inRepository(folder: string): ProtectedPath[] {
  return [
    { path: join(folder, "hooks"), whenAbsent: "folder" },
    { path: join(folder, "config"), whenAbsent: "file" },
    { path: join(folder, "config.worktree"), whenAbsent: "file" },
    { path: join(folder, "modules"), whenAbsent: "folder" },
    { path: join(folder, "worktrees"), whenAbsent: "folder" },
    // Git reads settings and hooks from the folder that is named here; "." is the one they are in anyway.
    { path: join(folder, "commondir"), whenAbsent: "dot file" },
  ];
}

/**
 * Where `.git` is damaged, git takes the folder itself for a bare repository and obeys the settings in it; it takes these
 * three. One that is missing is kept from being made, `HEAD` as the last: git would not know whether the file is meant.
 */
function besides(root: string): ProtectedPath[] {
  const missing = ["refs", "objects", "HEAD"].find((name) => kindOf(join(root, name)) === "absent");
  return missing === undefined ? [] : [{ path: join(root, missing), whenAbsent: "folder" }];
}

/** A folder that is no repository can be made one from within, also a bare one, which needs no `.git`. */
async function withoutRepository(
  root: string,
  entry: string,
  home: string | null,
): Promise<ProtectedPlaces> {
  const absent: ProtectedPath[] = [{ path: entry, whenAbsent: "folder" }];
  const head = join(root, "HEAD");
  const isBare = kindOf(head) === "file" && kindOf(join(root, "objects")) === "folder";
  if (!isBare) return { paths: [...absent, { path: head, whenAbsent: "folder" }], writable: [] };
  const named = await namedBySettings(root, root, home);
  return { paths: [...absent, ...inRepository(root), ...named], writable: [] };
}

/** A linked worktree or a submodule: `.git` is a file that names the repository. */
async function behindFile(root: string, entry: string, home: string | null): Promise<ProtectedPlaces> {
  const own: ProtectedPath = { path: entry, whenAbsent: "folder" };
  const [, named] = /^gitdir: ([^\0\n]+)\s*$/.exec(await readSmall(entry)) ?? [];
  const folder = named === undefined ? null : await realpath(resolve(root, named)).catch(() => null);
  if (folder === null) return { paths: [own], writable: [] };
  const common = await commonFolder(folder);
  const paths = [
    own,
    ...inRepository(common),
    ...await namedBySettings(root, common, home),
    ...(folder === common ? [] : inLinked(folder)),
  ];
  // Whoever wrote the file could have named any repository. Only one that names this folder in return may be written.
  const isOwn = await namesBack(folder, root, entry);
  return { paths, writable: isOwn ? [...new Set([common, folder])] : [] };
}

/** The part of a linked worktree's own folder that says where the rest is. */
function inLinked(folder: string): ProtectedPath[] {
  return [
    { path: join(folder, "commondir"), whenAbsent: "dot file" },
    { path: join(folder, "gitdir"), whenAbsent: "file" },
    { path: join(folder, "config.worktree"), whenAbsent: "file" },
    { path: join(folder, "hooks"), whenAbsent: "folder" },
  ];
}

async function commonFolder(folder: string): Promise<string> {
  const said = (await readSmall(join(folder, "commondir"))).trim();
  if (said === "") return folder;
  return await realpath(resolve(folder, said)).catch(() => folder);
}

async function namesBack(folder: string, root: string, entry: string): Promise<boolean> {
  const linked = (await readSmall(join(folder, "gitdir"))).trim();
  if (linked !== "") {
    // The folder itself may have been reached through links, the file in it not.
    const back = resolve(folder, linked);
    return await realpath(dirname(back)).catch(() => null) === dirname(entry) && back.endsWith("/.git");
  }
  const [, worktree] = /^\s*worktree\s*=\s*(.+?)\s*$/m.exec(await readSmall(join(folder, "config"))) ?? [];
  if (worktree === undefined) return false;
  return await realpath(resolve(folder, unquoted(worktree))).catch(() => null) === root;
}

/** Folders of hooks and further settings that the settings name, when they are in the workspace. */
async function namedBySettings(root: string, common: string, home: string | null): Promise<ProtectedPath[]> {
  const users = home === null ? [] : [join(home, ".gitconfig"), join(home, ".config", "git", "config")];
  const files = [join(common, "config"), join(common, "config.worktree"), ...users];
  const found: ProtectedPath[] = [];
  for (const file of files) {
    for (const { key, value } of pathsIn(await readSmall(file))) {
      const from = key === "hookspath" ? root : dirname(file);
      const path = value.startsWith("~/") && home !== null
        ? join(home, value.slice(2))
        : resolve(from, value);
      const isWithin = isInside(path, [root]) || isInside(path, [common]);
      if (isWithin) found.push({ path, whenAbsent: key === "hookspath" ? "folder" : "file" });
    }
  }
  return found.slice(0, configPathsMax);
}

/** More than git would take is taken: to protect a file too many does no harm. */
function pathsIn(config: string): { key: string; value: string }[] {
  return [...config.matchAll(/(?:^|\])[ \t]*(hookspath|path)[ \t]*=[ \t]*([^\n#;]+)/gim)].map(
    ([, key = "", value = ""]) => ({ key: key.toLowerCase(), value: unquoted(value.trim()) }),
  ).filter(({ value }) => value !== "" && (isAbsolute(value) || !value.includes("\0")));
}

function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/, "$1").replace(/\\(["\\])/g, "$1");
}

/** "" when there is no such file. One that is too large to be git's is an error: what it names cannot be told. */
async function readSmall(path: string): Promise<string> {
  if (kindOf(path) !== "file") return "";
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return "";
  try {
    const { size } = await file.stat();
    if (size <= fileBytesMax) return await file.readFile("utf8");
    throw new Problem(
      "unavailable",
      `Cannot confine commands: "${path}" has more than ${fileBytesMax} bytes`,
    );
  } finally {
    await file.close();
  }
}
