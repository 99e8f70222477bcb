// Blobs: values too big for the log, stored by their content and synced before any record names them.
import { createHash } from "node:crypto";
import { Problem } from "../protocol/problem.ts";
import { appendAll, type Disk, readWhole, storageFailed } from "./disk.ts";
import { blobsFolder } from "./names.ts";

const blobPattern = /^sha256-[0-9a-f]{64}$/;
export const blobBytesMax = 256 * 1024 * 1024;

/** The name of some bytes: `sha256-<hex>`. */
export function blobName(bytes: Uint8Array): string {
  return `sha256-${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Refuses bytes that are too many. */
export function checkBlobSize(bytes: Uint8Array): void {
  if (bytes.length <= blobBytesMax) return;
  throw new Problem(
    "payload_too_large",
    `Cannot store a blob of ${bytes.length} bytes: the most is ${blobBytesMax}`,
  );
}

/** What an open log knows to be on the device, so that storing it again costs only its hash. */
export interface DurableBlobs {
  has(name: string): boolean;
  add(name: string): void;
  forget(name: string): void;
}

/** How many names an open log remembers: the oldest makes room. */
export const durableBlobsMax = 4096;

/** Starts with nothing known. */
export function makeDurableBlobs(): DurableBlobs {
  const names = new Set<string>();
  return {
    has: (name) => names.has(name),
    add(name) {
      names.delete(name);
      names.add(name);
      if (names.size <= durableBlobsMax) return;
      for (const oldest of names) {
        names.delete(oldest);
        break;
      }
    },
    forget: (name) => void names.delete(name),
  };
}

/** Where the blobs of an open log are. */
export interface BlobPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly durableBlobs: DurableBlobs;
}

/** Stores bytes; they and their name are on the device when this resolves. `unique` tells writers at work apart. */
export async function putBlob(place: BlobPlace, bytes: Uint8Array, unique: string): Promise<string> {
  checkBlobSize(bytes);
  const name = blobName(bytes);
  const { disk, folder, durableBlobs } = place;
  if (durableBlobs.has(name)) return name;
  const parent = blobsFolder(folder);
  const path = `${parent}/${name}`;
  try {
    disk.makeFolder(parent);
    const found = readWhole(disk, path);
    if (found === null || blobName(found) !== name) await writeBlob(disk, path, { bytes, unique });
    // Also for a blob that was there: whoever put it may not have synced its name yet.
    await Promise.all([disk.syncFolder(parent), disk.syncFolder(folder)]);
  } catch (error) {
    throw storageFailed(`Cannot store a blob of ${bytes.length} bytes in "${parent}"`, error);
  }
  durableBlobs.add(name);
  return name;
}

/** Reads a blob and proves that it is what its name says; one that is not can be mended by storing it again. */
export function getBlob(place: BlobPlace, name: string): Uint8Array {
  const path = `${blobsFolder(place.folder)}/${name}`;
  const bytes = blobPattern.test(name) ? readWhole(place.disk, path) : null;
  if (bytes !== null && blobName(bytes) === name) return bytes;
  place.durableBlobs.forget(name);
  if (bytes === null) throw missingBlob(name);
  throw new Problem("log_damaged", `Cannot read blob "${name}": its content is not what was stored`, {
    hint: `Restore "${path}" from a backup`,
  });
}

/** The Problem for a blob that is not there. */
export function missingBlob(name: string): Problem {
  return new Problem("not_found", `Cannot read blob "${name}": this session has no such blob`);
}

async function writeBlob(
  disk: Disk,
  path: string,
  content: { bytes: Uint8Array; unique: string },
): Promise<void> {
  const temporary = `${path}.${content.unique}.new`;
  const file = disk.open(temporary, "create");
  try {
    appendAll(file, content.bytes);
    await file.sync();
    disk.rename(temporary, path);
  } catch (error) {
    disk.remove(temporary);
    throw error;
  } finally {
    file.close();
  }
}
