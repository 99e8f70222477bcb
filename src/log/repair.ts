// Cutting a torn tail: the bytes are copied aside first, so that nothing is ever thrown away.
import { appendAll, type Disk, readRange } from "./disk.ts";
import { asidePath, segmentName } from "./names.ts";
import type { OpenReport } from "./port.ts";
import type { Cursor } from "./walk.ts";

/**
 * Sets everything from the hole on aside and takes it off `firsts`. Returns where the last segment ends now.
 * Interrupted anywhere, it leaves a log with the same hole or none.
 */
export async function setTailAside(
  disk: Disk,
  log: { folder: string; firsts: number[] },
  hole: Cursor,
): Promise<{ torn: NonNullable<OpenReport["torn"]>; offset: number }> {
  const pathOf = (first: number): string => `${log.folder}/${segmentName(first)}`;
  const keep = hole.offset > 0 ? hole.segment + 1 : hole.segment;
  let bytes = 0;
  let savedAs = "";
  for (const first of log.firsts.slice(keep)) {
    bytes += disk.stat(pathOf(first))?.size ?? 0;
    savedAs ||= asidePath(disk, pathOf(first));
    disk.rename(pathOf(first), asidePath(disk, pathOf(first)));
  }
  log.firsts.length = keep;
  const last = pathOf(log.firsts[keep - 1] ?? 1);
  let offset = disk.stat(last)?.size ?? 0;
  if (hole.offset > 0 && offset > hole.offset) {
    savedAs = asidePath(disk, last);
    bytes += await copyTail(disk, { from: last, offset: hole.offset, to: savedAs });
    offset = hole.offset;
    // Before the cut, or a crash could take the tail and the name of its copy.
    await disk.syncFolder(log.folder);
    cut(disk, last, offset);
  }
  return { torn: { bytes, savedAs }, offset };
}

async function copyTail(disk: Disk, copy: { from: string; offset: number; to: string }): Promise<number> {
  const source = disk.open(copy.from, "read");
  const target = disk.open(copy.to, "create");
  try {
    const bytes = readRange(source, copy.offset, source.size() - copy.offset);
    appendAll(target, bytes);
    await target.sync();
    return bytes.length;
  } finally {
    source.close();
    target.close();
  }
}

/** Not synced here: the caller syncs the log as a whole before anyone relies on it. */
function cut(disk: Disk, path: string, bytes: number): void {
  const file = disk.open(path, "append");
  try {
    file.truncate(bytes);
  } finally {
    file.close();
  }
}
