// Reads records of an open log: durable ones only, each checked, from the nearest place that is known.
import { Problem } from "../protocol/problem.ts";
import { parseRecord } from "./body.ts";
import { storageFailed } from "./disk.ts";
import { segmentName } from "./names.ts";
import type { LogRecord, OpenReport } from "./port.ts";
import { type Anchor, beforeAnchor } from "./snapshots.ts";
import { type LogState, notePlace, placeEvery, segmentOf } from "./state.ts";
import { type Cursor, type Visited, walk } from "./walk.ts";

/** Durable records from `from` on, at most `limit`. Damage found on the way is put into the report and thrown. */
export function readRecords(state: LogState, from: number, limit: number): LogRecord[] {
  const first = Math.max(1, from);
  const last = Math.min(state.durable, first + limit - 1);
  const records: LogRecord[] = [];
  visitRecords(state, first, last, ({ body }) => {
    const record = parseRecord(body);
    if (record !== null) records.push(record);
    return record === null ? "a field of it is of an unknown form" : null;
  });
  return records;
}

/** Where a durable record starts and ends. */
export function locate(state: LogState, seq: number): Anchor & { end: number } {
  let found: (Anchor & { end: number }) | null = null;
  visitRecords(state, seq, seq, ({ segment, offset, line }) => {
    const end = offset + line.next - line.start;
    found = { seq, first: state.firsts[segment] ?? 0, offset, crc: line.crc, end };
    return null;
  });
  if (found === null) throw new Error(`record ${seq} is not in the log, which has ${state.durable}`);
  return found;
}

/** The Problem for a log that is damaged. */
export function damaged(
  state: { sessionId: string },
  damage: NonNullable<OpenReport["damage"]>,
): Problem {
  return new Problem(
    "log_damaged",
    `Cannot use session "${state.sessionId}" from record ${damage.seq} on: segment "${damage.segment}" is ` +
      `damaged at byte ${damage.offset}: ${damage.reason}`,
    { hint: `Fork the session at record ${damage.seq - 1}, or restore the segment from a backup` },
  );
}

function visitRecords(
  state: LogState,
  from: number,
  to: number,
  visit: (visited: Visited) => string | null,
): void {
  if (from > to) return;
  let bad: { seq: number; segment: number; offset: number; reason: string } | null = null;
  const end = guarded(state, () =>
    walk(state.disk, state, startFor(state, from), (visited) => {
      if (visited.summary.kind !== "record") return;
      const { seq } = visited.summary;
      notePlace(state.places, seq, visited.offset);
      if (seq < from) return;
      const reason = visit(visited);
      if (reason !== null) bad = { seq, segment: visited.segment, offset: visited.offset, reason };
      return seq >= to || reason !== null ? "stop" : undefined;
    }));
  if (bad !== null) throw noteDamage(state, bad);
  if (end.at.seq >= to) return;
  throw noteDamage(state, {
    seq: end.at.seq + 1,
    segment: end.at.segment,
    offset: end.at.offset,
    reason: end.hole ?? "the records end here",
  });
}

/** The nearest known place at or before a record. */
function startFor(state: LogState, seq: number): Cursor {
  const segment = segmentOf(state.firsts, seq);
  const first = state.firsts[segment] ?? 1;
  const { anchor } = state;
  const anchored = anchor !== null && anchor.first === first && anchor.seq <= seq ? anchor : null;
  const least = Math.max(first, anchored?.seq ?? 0);
  for (let n = Math.floor((seq - 1) / placeEvery); n * placeEvery + 1 > least; n--) {
    const offset = state.places.get(n);
    if (offset !== undefined) return { segment, offset, seq: n * placeEvery, crc: null, epoch: 0 };
  }
  if (anchored !== null) return beforeAnchor(anchored, segment);
  return { segment, offset: 0, seq: first - 1, crc: null, epoch: 0 };
}

function noteDamage(
  state: LogState,
  at: { seq: number; segment: number; offset: number; reason: string },
): Problem {
  const segment = segmentName(state.firsts[at.segment] ?? 0);
  const damage = { seq: at.seq, segment, offset: at.offset, reason: at.reason };
  const problem = damaged(state, damage);
  if (state.report.damage === null || damage.seq < state.report.damage.seq) {
    state.report = { ...state.report, damage };
  }
  state.refusal ??= problem;
  return problem;
}

function guarded<T>(state: LogState, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw storageFailed(`Cannot read the log of session "${state.sessionId}"`, error);
  }
}
