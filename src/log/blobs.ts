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

/** Stores bytes; they and their name are on the device when this resolves. `unique` tells writers at work apart. */
export async function putBlob(
  disk: Disk,
  folder: string,
  bytes: Uint8Array,
  unique: string,
): Promise<string> {
  checkBlobSize(bytes);
  const name = blobName(bytes);
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
  return name;
}

/** Reads a blob and proves that it is what its name says. */
export function getBlob(disk: Disk, folder: string, name: string): Uint8Array {
  const bytes = blobPattern.test(name) ? readWhole(disk, `${blobsFolder(folder)}/${name}`) : null;
  if (bytes === null) throw missingBlob(name);
  if (blobName(bytes) === name) return bytes;
  throw new Problem("log_damaged", `Cannot read blob "${name}": its content is not what was stored`, {
    hint: `Restore "${blobsFolder(folder)}/${name}" from a backup`,
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
