// Opening a log after whatever happened: read to its end, decide torn tail or damage, cut the one, refuse the other.
import { makeDurableBlobs } from "./blobs.ts";
import { segmentName, segmentsIn } from "./names.ts";
import { type Disk, storageFailed } from "./disk.ts";
import type { OpenReport } from "./port.ts";
import { damaged } from "./reader.ts";
import { setTailAside } from "./repair.ts";
import { beginning, scan } from "./scan.ts";
import { readSnapshot, snapshotSeqs } from "./snapshots.ts";
import type { LogState } from "./state.ts";
import { provenAfter } from "./verdict.ts";
import { walk, type WalkEnd } from "./walk.ts";

/** Reads a session's log to its end. Null when it holds nothing that was ever acknowledged. */
export async function recover(
  disk: Disk,
  session: { sessionId: string; folder: string; parent: string },
): Promise<LogState | null> {
  const { sessionId, folder } = session;
  const names = disk.list(folder);
  if (names === null) return null;
  const firsts = segmentsIn(names);
  const places = new Map<number, number>();
  const { end, anchor, origin, proven } = scan(disk, { folder, firsts, places });
  if (end.at.seq === 0 && proven === 0) return null;
  const state: LogState = {
    disk,
    sessionId,
    folder,
    unsyncedParent: null,
    firsts,
    places,
    anchor,
    origin,
    durableBlobs: makeDurableBlobs(),
    offset: end.at.offset,
    crc: end.at.crc ?? 0,
    head: end.at.seq,
    durable: end.at.seq,
    epoch: end.at.epoch,
    marked: Math.min(proven, end.at.seq),
    // The closing mark was written, perhaps never synced.
    markUnsynced: true,
    bytes: 0,
    report: { records: end.at.seq, torn: null, damage: null },
    refusal: null,
  };
  if (end.at.seq < proven) refuse(state, end);
  else await makeSound(state, { end, parent: session.parent });
  for (const first of state.firsts) state.bytes += disk.stat(`${folder}/${segmentName(first)}`)?.size ?? 0;
  return state;
}

/** True when the session's first record can be read, or was once there: cheap, for lists. */
export function hasRecords(disk: Disk, folder: string): boolean {
  const names = disk.list(folder) ?? [];
  const firsts = segmentsIn(names);
  if (firsts.length > 1) return true;
  const log = { folder, firsts };
  const end = walk(disk, log, beginning, ({ summary }) => summary.kind === "record" ? "stop" : undefined);
  if (end.at.seq > 0) return true;
  if (end.hole !== null && provenAfter(disk, log, end.at) > 0) return true;
  return snapshotSeqs(disk, folder).some((seq) => readSnapshot(disk, folder, seq) !== null);
}

function refuse(state: LogState, end: WalkEnd): void {
  const damage: NonNullable<OpenReport["damage"]> = {
    seq: end.at.seq + 1,
    segment: segmentName(state.firsts[end.at.segment] ?? 1),
    offset: end.at.offset,
    reason: end.hole ?? "records that had been synced are gone",
  };
  state.report = { ...state.report, damage };
  state.refusal = damaged(state, damage);
}

/** Cuts a torn tail and syncs what no mark proves to be synced: it may only be in the page cache. */
async function makeSound(state: LogState, found: { end: WalkEnd; parent: string }): Promise<void> {
  const { disk, folder } = state;
  try {
    if (found.end.hole !== null) {
      const { torn, offset } = await setTailAside(disk, state, found.end.at);
      state.offset = offset;
      state.report = { ...state.report, torn };
    }
    if (state.marked === state.head && state.report.torn === null) return;
    await Promise.all([
      ...state.firsts.slice(-2).map((first) => syncFile(disk, `${folder}/${segmentName(first)}`)),
      disk.syncFolder(folder),
      disk.syncFolder(found.parent),
    ]);
    state.markUnsynced = false;
  } catch (error) {
    // What is proven can still be read; the rest is neither promised nor cut.
    state.durable = state.marked;
    state.refusal = storageFailed(
      `Cannot make the log of session "${state.sessionId}" sound for writing`,
      error,
    );
  }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = disk.open(path, "append");
  try {
    await file.sync();
  } finally {
    file.close();
  }
}
