// What an open log knows: where it ends, what is synced, what it refuses. Shared by its writer and its reader.
import type { DurableBlobs } from "./blobs.ts";
import type { Disk } from "./disk.ts";
import type { OpenReport } from "./port.ts";
import type { Problem } from "../protocol/problem.ts";
import type { Anchor } from "./snapshots.ts";

export interface LogState {
  readonly disk: Disk;
  readonly sessionId: string;
  readonly folder: string;
  /** The folder that names this one, until a sync of it has ended: the first append waits for that, too. */
  unsyncedParent: string | null;
  /** First sequences of the segments, in order; the last one is written to. */
  readonly firsts: number[];
  /** Where the last segment ends, and the CRC of its last line. */
  offset: number;
  crc: number;
  /** Highest sequence accepted, written or waiting. */
  head: number;
  durable: number;
  /** Newest epoch accepted. */
  epoch: number;
  /** Highest sequence that a written line proves to be synced. */
  marked: number;
  /** A mark at the end of the last segment that no sync has followed. */
  markUnsynced: boolean;
  bytes: number;
  /** Sparse index: offset of record `n * placeEvery + 1` in its segment. Filled as lines pass by. */
  readonly places: Map<number, number>;
  /** The record of the snapshot that the log was opened from: what follows it is read first. */
  readonly anchor: Anchor | null;
  /** CRC of the first record, once somebody has read it: what tells this log from others. */
  origin: number | null;
  readonly durableBlobs: DurableBlobs;
  report: OpenReport;
  /** Why nothing can be appended any more; null while the log is sound. */
  refusal: Problem | null;
}

/** One record in so many has its place remembered. */
export const placeEvery = 256;

/** Remembers where a record starts when it is one of those that the index keeps. */
export function notePlace(places: Map<number, number>, seq: number, offset: number): void {
  if ((seq - 1) % placeEvery === 0) places.set((seq - 1) / placeEvery, offset);
}

/** Index of the segment that holds a record. */
export function segmentOf(firsts: readonly number[], seq: number): number {
  let low = 0;
  let high = firsts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((firsts[middle] ?? 0) <= seq) low = middle;
    else high = middle - 1;
  }
  return low;
}
