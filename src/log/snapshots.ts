// Snapshots of a session: a cache of its state, with the place in the log where reading goes on. Two are kept.
import { createHash } from "node:crypto";
import { z } from "zod";
import { jsonValue } from "../protocol/json.ts";
import { type Disk, readWhole, replaceFile } from "./disk.ts";
import { hex8 } from "./line.ts";
import { snapshotsFolder } from "./names.ts";
import type { Snapshot } from "./port.ts";
import { type Cursor, walk } from "./walk.ts";

export const snapshotsKept = 2;
const snapshotPattern = /^(\d{20})\.json$/;
/** 1 did not say which log a snapshot belongs to. */
const snapshotFormat = 2;
const hexCrc = z.string().regex(/^[0-9a-f]{8}$/);

/** The record that a snapshot stands on: where its line starts, and its CRC. */
export interface Anchor {
  seq: number;
  /** First sequence of the segment. */
  first: number;
  offset: number;
  crc: number;
}

const storedHead = z.object({
  format: z.literal(snapshotFormat),
  seq: z.number().int().positive(),
  machineVersion: z.string(),
  first: z.number().int().positive(),
  offset: z.number().int().nonnegative(),
  crc: hexCrc,
  origin: hexCrc,
  sha256: z.string(),
});

/** A snapshot as it stands on disk, its state not parsed yet. */
export interface StoredSnapshot {
  anchor: Anchor;
  /** CRC of the first record of the log it was made from: forks share it, other logs do not. */
  origin: number;
  machineVersion: string;
  stateText: string;
}

/** Sequences of the snapshot files of a session, newest first; valid or not. */
export function snapshotSeqs(disk: Disk, folder: string): number[] {
  const names = disk.list(snapshotsFolder(folder)) ?? [];
  return names.flatMap((name) => snapshotPattern.exec(name)?.[1] ?? []).map(Number).sort((a, b) => b - a);
}

/** Reads one snapshot; null unless every byte is as written. The first line is the head, the second the state. */
export function readSnapshot(disk: Disk, folder: string, seq: number): StoredSnapshot | null {
  const bytes = readWhole(disk, snapshotPath(folder, seq));
  if (bytes === null) return null;
  const [headText, stateText, rest] = new TextDecoder().decode(bytes).split("\n");
  if (headText === undefined || stateText === undefined || rest !== "") return null;
  const head = storedHead.safeParse(parseOrNull(headText));
  if (!head.success || head.data.seq !== seq) return null;
  const { sha256, crc, origin, machineVersion, first, offset } = head.data;
  if (sha256 !== digest({ ...head.data, sha256: "" }, stateText)) return null;
  const anchor = { seq, first, offset, crc: parseInt(crc, 16) };
  return { anchor, origin: parseInt(origin, 16), machineVersion, stateText };
}

/** Where a walk starts that reads the record of a snapshot first. */
export function beforeAnchor(anchor: Anchor, segment: number): Cursor {
  return { segment, offset: anchor.offset, seq: anchor.seq - 1, crc: null, epoch: 0 };
}

/** True when a log holds the record of a snapshot in its place. Its CRC stands for all records before it, too. */
export function isAnchored(
  disk: Disk,
  log: { folder: string; firsts: readonly number[] },
  anchor: Anchor,
): boolean {
  const segment = log.firsts.indexOf(anchor.first);
  if (segment < 0) return false;
  let found = false;
  walk(disk, log, beforeAnchor(anchor, segment), ({ line, summary }) => {
    found = summary.kind === "record" && summary.seq === anchor.seq && line.crc === anchor.crc;
    return "stop";
  });
  return found;
}

/** The state of a stored snapshot, for those who asked for it. */
export function toSnapshot(stored: StoredSnapshot): Snapshot | null {
  const state = jsonValue.safeParse(parseOrNull(stored.stateText));
  if (!state.success) return null;
  return { seq: stored.anchor.seq, machineVersion: stored.machineVersion, state: state.data };
}

/** Writes a snapshot and removes all but the newest two. The records up to it are synced already. */
export async function writeSnapshot(
  disk: Disk,
  folder: string,
  snapshot: Snapshot,
  at: Anchor & { origin: number },
): Promise<void> {
  const stateText = JSON.stringify(snapshot.state);
  const head = {
    format: snapshotFormat,
    seq: snapshot.seq,
    machineVersion: snapshot.machineVersion,
    first: at.first,
    offset: at.offset,
    crc: hex8(at.crc),
    origin: hex8(at.origin),
    sha256: "",
  } as const;
  const text = `${JSON.stringify({ ...head, sha256: digest(head, stateText) })}\n${stateText}\n`;
  const parent = snapshotsFolder(folder);
  disk.makeFolder(parent);
  await replaceFile(disk, snapshotPath(folder, snapshot.seq), new TextEncoder().encode(text));
  await disk.syncFolder(parent);
  for (const old of snapshotSeqs(disk, folder).slice(snapshotsKept)) disk.remove(snapshotPath(folder, old));
}

export function snapshotPath(folder: string, seq: number): string {
  return `${snapshotsFolder(folder)}/${String(seq).padStart(20, "0")}.json`;
}

function digest(head: z.infer<typeof storedHead>, stateText: string): string {
  return createHash("sha256").update(`${JSON.stringify(head)}\n${stateText}`).digest("hex");
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
