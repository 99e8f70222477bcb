// Reads many files, folder by folder: a folder is opened and checked once, and its files are opened from there, so that
// neither a link put in a file's place nor one in the place of a folder above leads outside.
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openDirectory } from "./open_directory.ts";
import { openForReading, readAll } from "./open_file.ts";
import { isInside } from "./paths.ts";
import { type FileContext, refuseSecretFile, secretReason } from "./secret_file.ts";

export type FileContent = Uint8Array | "too large" | null;

export interface FolderReader {
  /** The content of a regular file inside the roots that is no secret; null when it is none, or cannot be read. Waits only where it must. */
  read(path: string): FileContent | Promise<FileContent>;
  close(): void;
}

interface Held {
  folder: string;
  /** Where it really lies. */
  real: string;
  fd: number;
  /** Null: files in it cannot be opened from there, or it is not inside the roots. */
  base: string | null;
  isInside: boolean;
}

/** Reads whole files of at most `bytesMax`. */
export function openFolderReader(context: FileContext, bytesMax: number): FolderReader {
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
          held = hold(folder, context.roots);
        }
        if (held.base === null) return readAlone(path, context, bytesMax).catch(() => null);
        return held.isInside
          ? readFrom(held.base, join(held.real, basename(path)), { context, bytesMax })
          : null;
      } catch {
        return null;
      }
    },
  };
}

function hold(folder: string, roots: readonly string[]): Held {
  if (Deno.build.os !== "linux") {
    return { folder, real: folder, fd: openSync(folder, "r"), base: null, isInside: true };
  }
  const { fd, descriptor } = openDirectory(folder);
  try {
    const real = descriptor === null ? folder : readlinkSync(descriptor);
    return { folder, real, fd, base: descriptor, isInside: descriptor === null || isInside(real, roots) };
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

function readFrom(
  base: string,
  real: string,
  { context, bytesMax }: { context: FileContext; bytesMax: number },
): FileContent | Promise<FileContent> {
  if (secretReason(real, context) !== null) return null;
  // O_NONBLOCK: opening a pipe without a writer would wait for ever.
  const fd = openSync(
    `${base}/${basename(real)}`,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) return null;
    if (facts.size > bytesMax) return "too large";
    const content = readWhole(fd, facts.size);
    const { dev, ino, nlink } = facts;
    return nlink > 1 ? unlessSecret(content, { dev, ino, nlink, real }, context) : content;
  } finally {
    closeSync(fd);
  }
}

function readWhole(fd: number, size: number): Uint8Array {
  const buffer = new Uint8Array(size + 1);
  for (let filled = 0; filled < buffer.length;) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, filled);
    if (count === 0) return buffer.subarray(0, filled);
    filled += count;
  }
  // It grew while it was read: what was there when it was opened is searched.
  return buffer.subarray(0, size);
}

/** Null when another name of the file is that of a secret. */
async function unlessSecret(
  content: Uint8Array,
  { dev, ino, nlink, real }: { dev: number; ino: number; nlink: number; real: string },
  context: FileContext,
): Promise<FileContent> {
  return await refuseSecretFile({ dev, ino, nlink, real }, real, context).then(() => content, () => null);
}

/** The slower way, for systems on which no file can be opened from an open folder. */
async function readAlone(path: string, context: FileContext, bytesMax: number): Promise<FileContent> {
  const confined = { given: path, real: path, exists: true };
  const file = await openForReading(confined, context);
  try {
    return file.size > bytesMax ? "too large" : await readAll(file, confined, bytesMax);
  } finally {
    await file.handle.close();
  }
}
