// Opens a directory and finds the name under which Linux lets one go on from it: /proc/self/fd/N.
import { closeSync, constants, fstatSync, openSync, readdirSync, type Stats, statSync } from "node:fs";
import { Problem } from "../src/protocol/problem.ts";

const descriptors = "/proc/self/fd";
const triesMax = 10;
/** Whether a descriptor's number was the system's own at the last opening. */
let numbersAreReal = false;

export interface OpenedDirectory {
  fd: number;
  /** Null where the system has no such name. */
  descriptor: string | null;
}

/**
 * Throws the system's error when `path` is no directory or a symbolic link. Some Deno versions give a number of their own
 * as descriptor, and then the right one is the one that has come with this very opening: that of another opening of the same
 * directory would be closed under us. So nothing else of this program may run in between, and the calls are synchronous.
 */
export function openDirectory(path: string): OpenedDirectory {
  for (let attempt = 0; attempt < triesMax; attempt++) {
    // The list is needed only where numbers are not the system's own, which the first opening shows.
    const before = numbersAreReal ? null : new Set(listDescriptors());
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const facts = fstatSync(fd);
    numbersAreReal = refersTo(`${fd}`, facts);
    if (numbersAreReal) return { fd, descriptor: `${descriptors}/${fd}` };
    if (before === null) {
      closeSync(fd);
      continue;
    }
    const found = listDescriptors().filter((name) => !before.has(name) && refersTo(name, facts));
    const [only] = found;
    if (found.length === 0) return { fd, descriptor: null };
    if (found.length === 1) return { fd, descriptor: `${descriptors}/${only}` };
    // Another thread opened the same directory in this very moment.
    closeSync(fd);
  }
  throw new Problem("conflict", `Cannot use folder "${path}": too many others open it at the same time`);
}

export function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function refersTo(name: string, facts: Stats): boolean {
  const found = statSync(`${descriptors}/${name}`, { throwIfNoEntry: false });
  return found !== undefined && isSameFile(found, facts);
}

function listDescriptors(): string[] {
  try {
    return readdirSync(descriptors);
  } catch {
    return [];
  }
}
