// The disk port: every touch of the event log on files goes through here, so that tests can crash or fail it anywhere.
import { messageOf, Problem } from "../protocol/problem.ts";

export interface DiskFile {
  /** Writes at the end of the file, into the page cache; may write less than asked. */
  append(bytes: Uint8Array): number;
  /** Reads at an offset; 0 at the end of the file. */
  read(into: Uint8Array, offset: number): number;
  size(): number;
  truncate(bytes: number): void;
  /** Content and length are on the device when this resolves; the name of a new file is not. */
  sync(): Promise<void>;
  close(): void;
}

/** `create` empties a file that was there; `append` and `read` expect one. */
export type OpenMode = "read" | "append" | "create";

/** Methods throw a DiskError. Only `sync` and `syncFolder` make anything last. */
export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  stat(path: string): { size: number; folder: boolean } | null;
  /** Names in a folder, or null when there is none. */
  list(path: string): string[] | null;
  /** Makes a folder with its parents; one that is there is fine. */
  makeFolder(path: string): void;
  /** Makes a folder in one that is there; false when the name is taken. */
  newFolder(path: string): boolean;
  rename(from: string, to: string): void;
  /** Makes a second name for a file; DiskError `no_link` where that cannot be had. */
  link(from: string, to: string): void;
  /** Removes a file or a whole folder; none is fine. */
  remove(path: string): void;
  /** The names in this folder are on the device when this resolves. */
  syncFolder(path: string): Promise<void>;
  /** Takes an exclusive lock that dies with the process, or tells what the holder wrote into the file. */
  lock(path: string, text: string): DiskLock | { holder: string };
}

export interface DiskLock {
  release(): void;
}

export type DiskErrorCode = "not_found" | "no_space" | "denied" | "no_link" | "io";

/** What the disk refused, with a code that the log can act on. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: DiskErrorCode;

  constructor(code: DiskErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const hints: { readonly [code in DiskErrorCode]: string } = {
  no_space: "Free some space on this disk, then try again",
  denied: "Give this user read and write permission, or choose another folder with --data-dir",
  io: "Check the disk (dmesg, SMART), then start the daemon again",
  not_found: "Check whether something else moved or removed the file",
  no_link: "Choose a data folder on a single local file system",
};

/** The Problem for a refusal of the disk; `what` reads "Cannot ...". */
export function storageFailed(what: string, cause: unknown): Problem {
  const hint = cause instanceof DiskError ? hints[cause.code] : hints.io;
  return new Problem("storage_failed", `${what}: ${messageOf(cause)}`, { hint, cause });
}

/** Runs disk work; what the disk refuses becomes a Problem, bugs and Problems pass. */
export async function storage<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiskError) throw storageFailed(what, error);
    throw error;
  }
}

const writeTriesMax = 16;

/** Appends all of the bytes, going on after short writes while there is progress. */
export function appendAll(file: DiskFile, bytes: Uint8Array): void {
  let done = 0;
  for (let tries = 0; done < bytes.length; tries++) {
    const written = tries < writeTriesMax ? file.append(bytes.subarray(done)) : 0;
    if (written <= 0) throw new DiskError("no_space", `the disk took ${done} of ${bytes.length} bytes`);
    done += written;
  }
}

/** Reads up to `bytes` bytes from an offset; fewer at the end of the file. */
export function readRange(file: DiskFile, offset: number, bytes: number): Uint8Array {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const got = file.read(buffer.subarray(filled), offset + filled);
    if (got <= 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}

/** The whole content of a file, or null when there is none. */
export function readWhole(disk: Disk, path: string): Uint8Array | null {
  const found = disk.stat(path);
  if (found === null || found.folder) return null;
  const file = disk.open(path, "read");
  try {
    return readRange(file, 0, found.size);
  } finally {
    file.close();
  }
}

/** Puts a whole file in place: temporary file, sync, rename. The name lasts after a `syncFolder` by the caller. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = disk.open(temporary, "create");
  try {
    appendAll(file, bytes);
    await file.sync();
  } catch (error) {
    disk.remove(temporary);
    throw error;
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
}
