// A directory held open while files in it are created and renamed, so that swapping one of its parents for a
// symbolic link cannot move the work elsewhere. On Linux names are resolved from the open directory itself.
import { closeSync, fstatSync, fsync, statSync } from "node:fs";
import { mkdir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../src/protocol/problem.ts";
import { isSameFile, openDirectory, type OpenedDirectory } from "./open_directory.ts";
import { errorCode } from "./failure.ts";
import { assertInside, type ConfinedPath, isInside } from "./paths.ts";

const newDirectoriesMax = 64;

export interface PinnedDirectory {
  /** Where it really lies. */
  readonly real: string;
  /** The path under which to reach `name` in this directory. */
  at(name: string): string;
  /** Makes creations and renames in it durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the directory that holds `path`, making missing ones inside the roots; throws a Problem when it lies outside. */
export async function pinParent(path: ConfinedPath, roots: readonly string[]): Promise<PinnedDirectory> {
  const missing: string[] = [];
  let directory = dirname(path.real);
  for (let depth = 0; depth <= newDirectoriesMax; depth++) {
    if (!isInside(directory, roots)) {
      throw new Problem("forbidden", `Cannot write "${path.given}": its folder is outside the workspace`);
    }
    try {
      const pinned = await pin(directory, path.given, roots);
      return await descend(pinned, directory, missing, path.given, roots);
    } catch (thrown) {
      if (errorCode(thrown) !== "ENOENT") throw thrown;
    }
    missing.unshift(basename(directory));
    directory = dirname(directory);
  }
  throw new Problem(
    "bad_request",
    `Cannot write "${path.given}": more than ${newDirectoriesMax} folders are missing`,
  );
}

/** Makes and enters `names` one after the other, always from the open directory above. */
async function descend(
  from: PinnedDirectory,
  realFrom: string,
  names: readonly string[],
  given: string,
  roots: readonly string[],
): Promise<PinnedDirectory> {
  let pinned = from;
  let real = realFrom;
  for (const name of names) {
    try {
      await mkdir(pinned.at(name)).catch((thrown) => {
        if (errorCode(thrown) !== "EEXIST") throw thrown;
      });
      await pinned.sync();
      real = join(real, name);
      const inner = await pin(pinned.at(name), given, roots, real);
      await pinned.close();
      pinned = inner;
    } catch (thrown) {
      await pinned.close();
      throw thrown;
    }
  }
  return pinned;
}

async function pin(
  directory: string,
  given: string,
  roots: readonly string[],
  real = directory,
): Promise<PinnedDirectory> {
  if (Deno.build.os === "windows") return unpinned(real);
  const opened = openDirectory(directory);
  try {
    return held(opened, await assertDirectoryInside(opened, { given, real }, roots));
  } catch (thrown) {
    closeSync(opened.fd);
    throw thrown;
  }
}

async function assertDirectoryInside(
  { fd, descriptor }: OpenedDirectory,
  path: { given: string; real: string },
  roots: readonly string[],
): Promise<string> {
  const again = await (descriptor === null ? realpath(path.real) : readlink(descriptor));
  assertInside(again, roots, path.given);
  // A folder above it may have become a link since the path was looked at, to a place that was not decided about.
  const isElsewhere = again.normalize() !== path.real.normalize();
  if (isElsewhere || (descriptor === null && !isSameFile(fstatSync(fd), statSync(again)))) {
    throw new Problem("conflict", `Cannot use "${path.given}": it was replaced while it was opened`);
  }
  return again;
}

function held({ fd, descriptor }: OpenedDirectory, real: string): PinnedDirectory {
  const base = descriptor ?? real;
  return {
    real,
    at: (name) => `${base}/${name}`,
    sync: () => promisify(fsync)(fd),
    close: () => Promise.resolve(closeSync(fd)),
  };
}

/** Windows cannot open or sync a directory this way; the path check before is all there is. */
function unpinned(real: string): PinnedDirectory {
  return {
    real,
    at: (name) => join(real, name),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
