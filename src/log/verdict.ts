// Torn tail or damage? Every line names the highest sequence that was synced when it was written. When anything after a
// hole, or a snapshot, proves that the record at the hole had been synced, it was lost later: damage. Otherwise
// it was never acknowledged: a torn tail.
import { summarize } from "./body.ts";
import { type Disk, readWhole } from "./disk.ts";
import { checkLine, findLine } from "./line.ts";
import { segmentName } from "./names.ts";
import type { Cursor } from "./walk.ts";

/** The highest sequence that valid lines at or after a hole prove to have been synced. */
export function provenAfter(
  disk: Disk,
  log: { folder: string; firsts: readonly number[] },
  hole: Cursor,
): number {
  let proven = 0;
  for (let index = hole.segment; index < log.firsts.length; index++) {
    const bytes = readWhole(disk, `${log.folder}/${segmentName(log.firsts[index] ?? 0)}`);
    if (bytes === null) continue;
    proven = Math.max(proven, highestMark(bytes, index === hole.segment ? hole.offset : 0));
  }
  return proven;
}

function highestMark(bytes: Uint8Array, from: number): number {
  let highest = 0;
  for (let at = findLine(bytes, from); at >= 0;) {
    const line = checkLine(bytes, at, bytes.length);
    if (typeof line !== "object") {
      at = findLine(bytes, at + 1);
      continue;
    }
    const summary = summarize(bytes.subarray(line.bodyStart, line.bodyEnd));
    highest = Math.max(highest, summary?.durable ?? 0);
    at = findLine(bytes, line.next);
  }
  return highest;
}
