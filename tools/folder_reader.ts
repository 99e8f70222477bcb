// Reads many files, folder by folder: a folder is opened and checked once, and its files are opened from there, so that
// neither a link put in a file's place nor one in the place of a folder above leads outside.
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { openDirectory } from "./open_directory.ts";
import { openForReading, readAll } from "./open_file.ts";
import { isInside } from "./paths.ts";

export type FileContent = Uint8Array | "too large" | null;

export interface FolderReader {
  /** The content of a regular file inside the roots; null when there is none, or it cannot be read. Waits only where it must. */
  read(path: string): FileContent | Promise<FileContent>;
  close(): void;
}

interface Held {
  folder: string;
  fd: number;
  /** Null: files in it cannot be opened from there, or it is not inside the roots. */
  base: string | null;
  isInside: boolean;
}

/** Reads whole files of at most `bytesMax`. */
export function openFolderReader(roots: readonly string[], bytesMax: number): FolderReader {
  let held: Held | null = null;
  const close = () => {
    if (held !== null) closeSync(held.fd);
    held = null;
  };
  return {
    close,
    read(path) {
      const folder = dirname(path);
      try {
        if (held?.folder !== folder) {
          close();
          held = hold(folder, roots);
        }
        if (held.base === null) return readAlone(path, roots, bytesMax).catch(() => null);
        return held.isInside ? readFrom(`${held.base}/${basename(path)}`, bytesMax) : null;
      } catch {
        return null;
      }
    },
  };
}

function hold(folder: string, roots: readonly string[]): Held {
  if (Deno.build.os !== "linux") return { folder, fd: openSync(folder, "r"), base: null, isInside: true };
  const { fd, descriptor } = openDirectory(folder);
  try {
    return {
      folder,
      fd,
      base: descriptor,
      isInside: descriptor === null || isInside(readlinkSync(descriptor), roots),
    };
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

function readFrom(path: string, bytesMax: number): FileContent {
  // O_NONBLOCK: opening a pipe without a writer would wait for ever.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) return null;
    if (facts.size > bytesMax) return "too large";
    const buffer = new Uint8Array(facts.size + 1);
    for (let filled = 0; filled < buffer.length;) {
      const count = readSync(fd, buffer, filled, buffer.length - filled, filled);
      if (count === 0) return buffer.subarray(0, filled);
      filled += count;
    }
    // It grew while it was read: what was there when it was opened is searched.
    return buffer.subarray(0, facts.size);
  } finally {
    closeSync(fd);
  }
}

/** The slower way, for systems on which no file can be opened from an open folder. */
async function readAlone(path: string, roots: readonly string[], bytesMax: number): Promise<FileContent> {
  const confined = { given: path, real: path, exists: true };
  const file = await openForReading(confined, roots);
  try {
    return file.size > bytesMax ? "too large" : await readAll(file, confined, bytesMax);
  } finally {
    await file.handle.close();
  }
}
