// Opens regular files inside the roots for reading, so that neither a symbolic link swapped in after the check
// nor a pipe or device can lead a tool astray.
import { constants, readdirSync, statSync } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { Problem } from "../src/protocol/problem.ts";
import { assertInside, type ConfinedPath } from "./paths.ts";
import { type FileContext, refuseSecretFile } from "./secret_file.ts";

const descriptorsMax = 4096;
const looksMax = 5;

export interface OpenedFile {
  handle: FileHandle;
  size: number;
  mode: number;
  links: number;
}

/**
 * Opens `path` if it is a regular file that, once open, still lies inside the roots and is no secret. The caller closes
 * the handle.
 */
export async function openForReading(path: ConfinedPath, context: FileContext): Promise<OpenedFile> {
  if (!path.exists) throw new Problem("not_found", `Cannot read "${path.given}": it does not exist`);
  // O_NONBLOCK: opening a pipe without a writer would wait for ever.
  const handle = await open(
    path.real,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const facts = await handle.stat();
    if (facts.isDirectory()) {
      throw new Problem("bad_request", `Cannot read "${path.given}": it is a directory, list it with Glob`);
    }
    if (!facts.isFile()) {
      throw new Problem("bad_request", `Cannot read "${path.given}": it is not a regular file`);
    }
    const real = await assertOpenedInside(handle, path, context.roots);
    const { dev, ino, nlink } = facts;
    await refuseSecretFile({ real, dev, ino, nlink }, path.given, context);
    return { handle, size: facts.size, mode: facts.mode & 0o777, links: facts.nlink };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** Reads at most `bytesMax` bytes; throws a Problem when the file holds more. */
export async function readAll(file: OpenedFile, path: ConfinedPath, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new Problem("payload_too_large", `Cannot read "${path.given}": it has more than ${bytesMax} bytes`, {
      hint: "search it with Grep, or take a part of it with a shell command",
    });
  if (file.size > bytesMax) throw tooLarge();
  // One byte more than allowed shows a file that grew since it was measured.
  const buffer = new Uint8Array(Math.min(bytesMax, Math.max(file.size * 2, 65_536)) + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.handle.read(buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
  }
  throw tooLarge();
}

/** Where the open file really lies; the path may have changed between the check and the opening. */
export async function assertOpenedInside(
  handle: FileHandle,
  path: { given: string; real: string },
  roots: readonly string[],
): Promise<string> {
  for (let look = 0; look < looksMax; look++) {
    const descriptor = await descriptorPath(handle);
    if (descriptor === null) break;
    // Where the number had to be looked for, it may be that of another opening of the same file, closed by now.
    const real = await readlink(descriptor).catch(() => null);
    if (real === null) continue;
    assertInside(real, roots, path.given);
    return real;
  }
  const again = await realpath(path.real);
  assertInside(again, roots, path.given);
  const [opened, named] = [await handle.stat(), await stat(again)];
  if (opened.ino !== named.ino || opened.dev !== named.dev) {
    throw new Problem("conflict", `Cannot use "${path.given}": it was replaced while it was opened`);
  }
  return again;
}

/**
 * The path under which Linux names this open file (`/proc/self/fd/N`), or null elsewhere. Some Deno versions give
 * a number of their own as `fd`, so the right one is told by device and inode.
 */
async function descriptorPath(handle: FileHandle): Promise<string | null> {
  if (Deno.build.os !== "linux") return null;
  const opened = await handle.stat();
  // Synchronous: each look is a few microseconds in the kernel, a trip to another thread is twenty times that.
  const isSame = (path: string) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts !== undefined && facts.ino === opened.ino && facts.dev === opened.dev;
  };
  if (isSame(`/proc/self/fd/${handle.fd}`)) return `/proc/self/fd/${handle.fd}`;
  // The newest have the highest numbers, most of the time.
  const names = openDescriptors().sort((a, b) => b - a);
  for (const name of names.slice(0, descriptorsMax)) {
    if (isSame(`/proc/self/fd/${name}`)) return `/proc/self/fd/${name}`;
  }
  return null;
}

function openDescriptors(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}
