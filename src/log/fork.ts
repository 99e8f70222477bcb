// Forking a log: its records 1..at, byte for byte, in a new folder that appears whole or not at all.
// Segment headers keep the id of the session that wrote them; the lines are the same, so every check still holds.
import { appendAll, type Disk, DiskError, readRange } from "./disk.ts";
import { blobsFolder, segmentName, snapshotsFolder } from "./names.ts";
import { snapshotPath, snapshotSeqs } from "./snapshots.ts";

const copyBytes = 1024 * 1024;

export interface ForkSource {
  folder: string;
  firsts: readonly number[];
  /** The segment that holds the last record of the fork, and where that record ends. */
  lastFirst: number;
  end: number;
  at: number;
}

/** Copies into `target`, a new folder, and syncs it. The last segment is always a copy: it will be written to. */
export async function copyLog(disk: Disk, source: ForkSource, target: string): Promise<void> {
  disk.makeFolder(target);
  const syncs: Promise<void>[] = [];
  for (const first of source.firsts) {
    if (first > source.lastFirst) break;
    const name = segmentName(first);
    const files = { from: `${source.folder}/${name}`, to: `${target}/${name}` };
    if (first < source.lastFirst) await linkOrCopy(disk, files);
    else await copy(disk, files, source.end);
  }
  for (const parent of [blobsFolder, snapshotsFolder]) {
    const names = parent === blobsFolder ? blobNames(disk, source.folder) : snapshotNames(disk, source);
    if (names.length === 0) continue;
    disk.makeFolder(parent(target));
    for (const name of names) {
      await linkOrCopy(disk, { from: `${parent(source.folder)}/${name}`, to: `${parent(target)}/${name}` });
    }
    syncs.push(disk.syncFolder(parent(target)));
  }
  await Promise.all([...syncs, disk.syncFolder(target)]);
}

function blobNames(disk: Disk, folder: string): string[] {
  return (disk.list(blobsFolder(folder)) ?? []).filter((name) => !name.endsWith(".new"));
}

function snapshotNames(disk: Disk, source: ForkSource): string[] {
  return snapshotSeqs(disk, source.folder)
    .filter((seq) => seq <= source.at)
    .map((seq) => snapshotPath("", seq).split("/").pop() ?? "");
}

async function linkOrCopy(disk: Disk, files: { from: string; to: string }): Promise<void> {
  try {
    disk.link(files.from, files.to);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "no_link") throw error;
    await copy(disk, files, disk.stat(files.from)?.size ?? 0);
  }
}

async function copy(disk: Disk, files: { from: string; to: string }, bytes: number): Promise<void> {
  const source = disk.open(files.from, "read");
  const target = disk.open(files.to, "create");
  try {
    for (let done = 0; done < bytes;) {
      const part = readRange(source, done, Math.min(copyBytes, bytes - done));
      if (part.length === 0) throw new DiskError("io", `"${files.from}" ends at byte ${done} of ${bytes}`);
      appendAll(target, part);
      done += part.length;
    }
    await target.sync();
  } finally {
    source.close();
    target.close();
  }
}
