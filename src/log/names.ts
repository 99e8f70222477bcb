// Where things are in a data folder: sessions/<id>/{<first seq>.jsonl, snapshots/, blobs/, effects/}, trash/<id>.
import { Problem } from "../protocol/problem.ts";
import type { Disk } from "./disk.ts";

const sessionIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
const segmentPattern = /^(\d{20})\.jsonl$/;

export const sessionsFolder = (data: string): string => `${data}/sessions`;
export const trashFolder = (data: string): string => `${data}/trash`;
export const snapshotsFolder = (folder: string): string => `${folder}/snapshots`;
export const blobsFolder = (folder: string): string => `${folder}/blobs`;

/** True for names that may be a session's; others never touch the disk. */
export function isSessionId(name: string): boolean {
  return sessionIdPattern.test(name);
}

/** The folder of a session. */
export function sessionFolder(data: string, sessionId: string): string {
  if (isSessionId(sessionId)) return `${sessionsFolder(data)}/${sessionId}`;
  throw new Problem(
    "bad_request",
    `Cannot use session id "${sessionId}": expected 1 to 64 letters, digits, _ or -`,
  );
}

/** The file name of the segment that starts with this record. */
export function segmentName(first: number): string {
  return `${String(first).padStart(20, "0")}.jsonl`;
}

/** First sequence numbers of all segments of a session, in order. */
export function segmentsIn(names: readonly string[]): number[] {
  const firsts: number[] = [];
  for (const name of names) {
    const match = segmentPattern.exec(name);
    if (match !== null) firsts.push(Number(match[1]));
  }
  return firsts.sort((a, b) => a - b);
}

const asideMax = 10_000;

/** A free name for bytes that are set aside: `<path>.torn-<n>`. */
export function asidePath(disk: Disk, path: string): string {
  for (let n = 1; n <= asideMax; n++) {
    const candidate = `${path}.torn-${n}`;
    if (disk.stat(candidate) === null) return candidate;
  }
  throw new Problem(
    "storage_failed",
    `Cannot set a torn tail aside: "${path}" has ${asideMax} of them already`,
  );
}
