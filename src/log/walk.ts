// Walks the lines of a session's segments in order and checks each: form, CRC, chain, sequence, epoch.
// It stops at the first hole; what a hole means is decided in verdict.ts.
import { type BodySummary, summarize } from "./body.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { checkLine, hex8, type Line, lineBytesMax } from "./line.ts";
import { segmentName } from "./names.ts";

/** A place between two lines, and what is known of the line before it. */
export interface Cursor {
  /** Index into the segments. */
  segment: number;
  offset: number;
  /** The last sequence before this place. */
  seq: number;
  /** CRC of the line before; null when unknown, then the first line is trusted to name it. */
  crc: number | null;
  epoch: number;
}

export interface Visited {
  summary: BodySummary;
  body: Uint8Array;
  line: Line;
  segment: number;
  /** Where the line starts in its segment. */
  offset: number;
}

export interface WalkEnd {
  /** Behind the last good line. */
  at: Cursor;
  /** The highest sequence that the good lines themselves prove to be synced. */
  covered: number;
  /** Why the walk ended before the end of the last segment; null at its end or when the visitor stopped it. */
  hole: string | null;
}

/** Reading starts small, for the many short logs, and doubles up to this for long ones. */
const chunkBytesMax = 512 * 1024;
const firstChunkBytes = 8 * 1024;

/** Walks until a hole, the end, or until the visitor answers "stop". */
export function walk(
  disk: Disk,
  log: { folder: string; firsts: readonly number[] },
  from: Cursor,
  visit: (visited: Visited) => "stop" | undefined,
): WalkEnd {
  const at = { ...from };
  let covered = 0;
  for (let index = from.segment; index < log.firsts.length; index++) {
    if (index > from.segment) Object.assign(at, { segment: index, offset: 0 });
    const lines = openLines(disk, `${log.folder}/${segmentName(log.firsts[index] ?? 0)}`, at.offset);
    try {
      for (;;) {
        const line = lines.next();
        if (line === "end") {
          if (at.offset === 0) return { at, covered, hole: "the segment is empty" };
          break;
        }
        if (line === "bad") return { at, covered, hole: "a line is not what was written" };
        const body = lines.bytes().subarray(line.bodyStart, line.bodyEnd);
        const summary = summarize(body);
        if (summary === null) return { at, covered, hole: "a line is of an unknown format" };
        const misfit = misfitOf(summary, line, at, log.firsts[index]);
        if (misfit !== null) return { at, covered, hole: misfit };
        const offset = at.offset;
        advance(at, summary, line);
        covered = Math.max(covered, summary.durable);
        if (visit({ summary, body, line, segment: index, offset }) === "stop") {
          return { at, covered, hole: null };
        }
      }
    } finally {
      lines.close();
    }
  }
  return { at, covered, hole: null };
}

function advance(at: Cursor, summary: BodySummary, line: Line): void {
  at.offset += line.next - line.start;
  at.crc = line.crc;
  if (summary.kind !== "record") return;
  at.seq = summary.seq;
  at.epoch = summary.epoch;
}

/** Why a good line does not belong at this place, or null when it does. */
function misfitOf(summary: BodySummary, line: Line, at: Cursor, first: number | undefined): string | null {
  if (summary.kind === "header" && (summary.after !== at.seq || first !== at.seq + 1)) {
    return `record ${at.seq + 1} is missing`;
  }
  if (at.crc !== null && line.previous !== at.crc) {
    return `the chain is broken: expected ${hex8(at.crc)}, found ${hex8(line.previous)}`;
  }
  if ((at.offset === 0) !== (summary.kind === "header")) return "a segment header is missing or misplaced";
  if (summary.durable > at.seq) return `a line claims that record ${summary.durable} was synced before it`;
  if (summary.kind !== "record") return null;
  if (summary.seq !== at.seq + 1) return `expected record ${at.seq + 1}, found ${summary.seq}`;
  return summary.epoch < at.epoch ? `its epoch ${summary.epoch} is older than ${at.epoch}` : null;
}

interface Lines {
  /** `bad` also when the file ends within a line. */
  next(): Line | "end" | "bad";
  /** The buffer that the offsets of the last line refer to; valid until the next `next`. */
  bytes(): Uint8Array;
  close(): void;
}

function openLines(disk: Disk, path: string, offset: number): Lines {
  const file = disk.open(path, "read");
  let buffer = new Uint8Array(firstChunkBytes);
  let start = 0;
  let end = 0;
  let position = offset;

  /** Makes room behind the unread bytes and reads on; false at the end of the file. */
  function more(): boolean {
    if (end - start > lineBytesMax + chunkBytesMax) return false;
    const used = position > offset;
    const grow = used && (buffer.length < chunkBytesMax || end - start > buffer.length / 2);
    const room = grow ? new Uint8Array(buffer.length * 2) : buffer;
    room.set(buffer.subarray(start, end));
    buffer = room;
    end -= start;
    start = 0;
    const got = readSome(file, buffer, { from: end, position });
    end += got;
    position += got;
    return got > 0;
  }

  return {
    bytes: () => buffer,
    close: () => file.close(),
    next() {
      for (;;) {
        const line = start < end ? checkLine(buffer, start, end) : "incomplete";
        if (typeof line === "object") {
          start = line.next;
          return line;
        }
        if (line === "bad") return "bad";
        if (!more()) return start < end ? "bad" : "end";
      }
    },
  };
}

function readSome(file: DiskFile, buffer: Uint8Array, at: { from: number; position: number }): number {
  return file.read(buffer.subarray(at.from), at.position);
}
