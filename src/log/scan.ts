// Reading a log to its end when it is opened: from the record of its newest snapshot, or the whole of it.
import type { Disk } from "./disk.ts";
import {
  type Anchor,
  beforeAnchor,
  isAnchored,
  readSnapshot,
  snapshotSeqs,
  type StoredSnapshot,
} from "./snapshots.ts";
import { notePlace } from "./state.ts";
import { provenAfter } from "./verdict.ts";
import { type Cursor, walk, type WalkEnd } from "./walk.ts";

export interface ScannedLog {
  folder: string;
  firsts: readonly number[];
  /** Filled as records pass by. */
  places: Map<number, number>;
}

export interface Scan {
  end: WalkEnd;
  /** Where it started, when that was at a snapshot's record. */
  anchor: Anchor | null;
  /** CRC of the first record, when it is known. */
  origin: number | null;
  /** The highest sequence that is proven to have been synced; beyond the end it was lost later. */
  proven: number;
}

/** The place before the first line of a log. */
export const beginning: Cursor = { segment: 0, offset: 0, seq: 0, crc: 0, epoch: 0 };

/** Reads a log to its end or its first hole, and gathers what proves how far it once went. */
export function scan(disk: Disk, log: ScannedLog): Scan {
  const astray: StoredSnapshot[] = [];
  let anchored: StoredSnapshot | null = null;
  for (const seq of snapshotSeqs(disk, log.folder)) {
    const snapshot = readSnapshot(disk, log.folder, seq);
    if (snapshot === null) continue;
    if (isAnchored(disk, log, snapshot.anchor)) {
      anchored = snapshot;
      break;
    }
    astray.push(snapshot);
  }
  const { end, origin } = anchored === null ? walkAll(disk, log) : walkFrom(disk, log, anchored);
  const proven = Math.max(
    anchored?.anchor.seq ?? 0,
    end.covered,
    end.hole === null ? 0 : provenAfter(disk, log, end.at),
    ...astray.filter((snapshot) => provesLoss(snapshot, { end, origin })).map(({ anchor }) => anchor.seq),
  );
  return { end, anchor: anchored?.anchor ?? null, origin, proven };
}

function walkFrom(disk: Disk, log: ScannedLog, snapshot: StoredSnapshot): Pick<Scan, "end" | "origin"> {
  const { anchor, origin } = snapshot;
  const end = walk(disk, log, beforeAnchor(anchor, log.firsts.indexOf(anchor.first)), (visited) => {
    if (visited.summary.kind === "record") notePlace(log.places, visited.summary.seq, visited.offset);
    return undefined;
  });
  return { end, origin };
}

function walkAll(disk: Disk, log: ScannedLog): Pick<Scan, "end" | "origin"> {
  let origin: number | null = null;
  const end = walk(disk, log, beginning, ({ summary, line, offset }) => {
    if (summary.kind !== "record") return undefined;
    origin ??= line.crc;
    notePlace(log.places, summary.seq, offset);
    return undefined;
  });
  return { end, origin };
}

/** A snapshot beyond the end proves that records were lost, unless it was copied here from another log. */
function provesLoss(snapshot: StoredSnapshot, found: Pick<Scan, "end" | "origin">): boolean {
  if (snapshot.anchor.seq <= found.end.at.seq) return false;
  return found.origin === null || found.origin === snapshot.origin;
}
