// Folding: a saved log read back into a state, a transcript, or a proof. Runs no effect.
import { withoutAmbientWorld } from "../machines/determinism.ts";
import { type SessionStep, stepSession } from "../machines/session.ts";
import { emptySession, type SessionState } from "../machines/session_state.ts";
import { fromPlainSession, type PlainSession, toPlainSession } from "../machines/plain_session.ts";
import { createTranscript, type Transcript } from "../machines/transcript.ts";
import type { LogRecord, SessionLog, Snapshot } from "../src/log/port.ts";
import type { Fact } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import { upcast } from "../src/protocol/upcast.ts";
import { readFacts } from "./packing.ts";

/** Records read at a time. */
const pageRecords = 500;

/** Facts whose large values a machine or the session's own fold keeps; of all others machines see small fields only. */
const foldedWhole: ReadonlySet<string> = new Set([
  "session.created",
  "team.started",
  "mode.started",
  "workflow.started",
  "workflow.edited",
]);

export interface Divergence {
  seq: number;
  expected: string;
  found: string;
  what: string;
}

export interface Folded {
  state: SessionState;
  /** Command ids and where they are. */
  ids: [string, number][];
  epoch: number;
  diverged: Divergence | null;
  /** Damage that reading ran into: the state is the one before it. */
  damage: Problem | null;
  /** Records stepped, after the snapshot if there was one. */
  steps: number;
}

interface SavedState {
  session: PlainSession;
  ids: [string, number][];
  epoch: number;
}

/** Folds up to `at` (default: all that is on disk), from the nearest snapshot of this machine version when there is one. */
export async function foldState(
  log: SessionLog,
  options: { at?: number; machineVersion: string; snapshots?: boolean },
): Promise<Folded> {
  const end = Math.min(options.at ?? log.durable, log.durable);
  const folded = startOf(
    options.snapshots === false ? null : await log.snapshot(end),
    options.machineVersion,
  );
  try {
    await stepOn(folded, log, { end, machineVersion: options.machineVersion });
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== "log_damaged") throw thrown;
    folded.damage = thrown;
  }
  return folded;
}

async function stepOn(
  folded: Folded,
  log: SessionLog,
  { end, machineVersion }: { end: number; machineVersion: string },
): Promise<void> {
  while (folded.state.seq < end) {
    const records = await log.read(folded.state.seq + 1, Math.min(pageRecords, end - folded.state.seq));
    if (records.length === 0) return;
    const page: Fact[] = [];
    for (const record of records) {
      page.push(foldedWhole.has(record.type) ? await wholeFact(record, log) : bareFact(record));
    }
    // One guard for the whole page: what it costs a step alone is a tenth of the step.
    withoutAmbientWorld(() => {
      for (const [index, record] of records.entries()) {
        const fact = page[index];
        if (fact !== undefined && folded.diverged === null) {
          stepRecord(folded, record, { fact, machineVersion });
        }
      }
    });
    if (folded.diverged !== null) return;
  }
}

function startOf(snapshot: Snapshot | null, machineVersion: string): Folded {
  const fresh: Folded = { state: emptySession, ids: [], epoch: 0, diverged: null, damage: null, steps: 0 };
  if (snapshot === null || snapshot.machineVersion !== machineVersion) return fresh;
  // Snapshots are our own, checked by hash, and of this machine version.
  const saved = snapshot.state as unknown as SavedState;
  return { ...fresh, state: fromPlainSession(saved.session), ids: saved.ids, epoch: saved.epoch };
}

export function toSnapshot(
  state: SessionState,
  more: { ids: [string, number][]; epoch: number; machineVersion: string },
): Snapshot {
  const saved: SavedState = { session: toPlainSession(state), ids: more.ids, epoch: more.epoch };
  // A state is JSON by the determinism rules.
  return { seq: state.seq, machineVersion: more.machineVersion, state: saved as unknown as JsonValue };
}

/** The digest of a record proves the fold of the machines that wrote it; what others fold it to cannot be compared. */
export function isProven(step: SessionStep, machineVersion: string): boolean {
  return !step.ignored && step.state.meta?.machineVersion === machineVersion;
}

function stepRecord(
  folded: Folded,
  record: LogRecord,
  { fact, machineVersion }: { fact: Fact; machineVersion: string },
): void {
  const step = stepSession(folded.state, fact);
  if (step.ignored || (step.post !== record.post && isProven(step, machineVersion))) {
    const found = step.ignored ? `refused: ${step.why}` : step.post;
    folded.diverged = { seq: record.seq, expected: record.post, found, what: "state" };
    return;
  }
  folded.state = step.state;
  folded.epoch = record.epoch;
  folded.steps += 1;
  if (record.id !== undefined) folded.ids.push([record.id, record.seq]);
}

/** Machines see small fields only: large values stay where they are. */
function bareFact({ seq, at, actor, type, v, data }: LogRecord): Fact {
  return upcast({ seq, at, actor, type, v, data });
}

/** With all its values: for the fact that the session's own fold keeps. */
async function wholeFact(record: LogRecord, log: SessionLog): Promise<Fact> {
  const [fact] = await readFacts([record], log);
  return fact ?? bareFact(record);
}

/** Every fact up to `at`, in order, as clients see them. */
export async function* facts(
  log: SessionLog,
  options: { from?: number; at?: number } = {},
): AsyncGenerator<Fact> {
  const end = Math.min(options.at ?? log.durable, log.durable);
  let next = options.from ?? 1;
  while (next <= end) {
    const records = await log.read(next, Math.min(pageRecords, end - next + 1));
    if (records.length === 0) return;
    yield* await readFacts(records, log);
    next += records.length;
  }
}

export async function foldTranscript(log: SessionLog, at?: number): Promise<Transcript> {
  const transcript = createTranscript();
  for await (const fact of facts(log, at === undefined ? {} : { at })) transcript.apply(fact);
  return transcript;
}
