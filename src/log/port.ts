// The log port: what the kernel needs from any event log. One session, one log, one gap-free sequence.
// Every backend passes tests/log/conformance.ts.
import type { JsonObject, JsonValue } from "../protocol/json.ts";

/** An effect that a step asked for: intent and fact are one record. `id` is its natural key, `<kind>:<about what>`. */
export interface EffectIntent {
  id: string;
  kind: string;
  actor: string;
  params: JsonObject;
}

/** One record as the kernel hands it over. */
export interface LogRecord {
  seq: number;
  /** ISO 8601 in UTC with milliseconds; never decreasing within a log. */
  at: string;
  epoch: number;
  actor: string;
  type: string;
  v: number;
  data: JsonObject;
  /** Dedupe key of the command that led here. */
  id?: string;
  effects?: EffectIntent[];
  /** Digest of the state after this record: 8 hex digits. */
  post: string;
}

/** What opening a log found. `torn`: an unacknowledged tail was set aside and cut. */
export interface OpenReport {
  records: number;
  torn: { bytes: number; savedAs: string } | null;
  /** Set when a durable record is damaged: the log can be read up to there and never written again. */
  damage: { seq: number; segment: string; offset: number; reason: string } | null;
}

/** A snapshot is a cache: state after `seq`. Deleting every snapshot changes only time. */
export interface Snapshot {
  seq: number;
  machineVersion: string;
  state: JsonValue;
}

export interface SessionLog {
  readonly sessionId: string;
  /** Highest sequence that is on disk for good; 0 when empty. */
  readonly durable: number;
  /** Highest sequence appended, synced or not. */
  readonly head: number;
  readonly report: OpenReport;
  /** Bytes of all segments. */
  readonly bytes: number;
  /**
   * Appends records that follow `expectedSeq`; resolves when they are synced (group commit: calls made while a sync
   * runs share the next one). Resolution is in order. Rejects with a Problem:
   * `conflict` when expectedSeq is not the head or the epoch is older than the newest one (fencing),
   * `storage_failed` when the disk refuses (ENOSPC/EIO on write: cut back, the log stays usable; a failed sync: the log is
   * dead for writing, never retried), `log_damaged` when the report says damage.
   */
  append(epoch: number, expectedSeq: number, records: readonly LogRecord[]): Promise<void>;
  /**
   * Durable records from `from` on, in order, at most `limit`. Verifies what it reads; throws a Problem `log_damaged`
   * that names segment and offset. Works on damaged logs up to the damage and while appends run.
   */
  read(from: number, limit: number): Promise<LogRecord[]>;
  /** Synchronously marks the log as at rest: covers the last batch by a durable mark, so that damage in it is told from a torn tail. */
  mark(): Promise<void>;
  /** The newest valid snapshot at or below `seq` (default: head). Invalid ones, and those of another log, are ignored. A snapshot beyond the end of the log proves lost records: reported as damage at open. */
  snapshot(seq?: number): Promise<Snapshot | null>;
  putSnapshot(snapshot: Snapshot): Promise<void>;
  /** Stores bytes by content, synced, and returns `sha256-<hex>`; storing twice is one file, and costs the second time only the hash. */
  putBlob(bytes: Uint8Array): Promise<string>;
  /** Throws `not_found` when absent, `log_damaged` when the content does not fit its name. */
  getBlob(name: string): Promise<Uint8Array>;
  /** Waits for running syncs, writes the closing mark, closes files. */
  close(): Promise<void>;
}

export interface LogStore {
  /** Ids of all sessions that exist (not in the trash), in no order. */
  list(): Promise<string[]>;
  /** Cheap change detector: total size of the newest segment and its name; null when absent. */
  stamp(sessionId: string): Promise<string | null>;
  /** Creates a log whose first records are durable when this resolves. `conflict` when it exists. */
  create(sessionId: string, epoch: number, records: readonly LogRecord[]): Promise<SessionLog>;
  /** Opens, repairs a torn tail, reports damage. `not_found` when absent. */
  open(sessionId: string): Promise<SessionLog>;
  /** A new log that holds exactly the records 1..at of another, with its blobs, byte for byte; appears whole or not at all. */
  fork(from: SessionLog, at: number, sessionId: string): Promise<SessionLog>;
  /** Moves a closed session to the trash, and back. */
  trash(sessionId: string): Promise<void>;
  restore(sessionId: string): Promise<void>;
  /** A folder of the session for files of running effects (outputs, exit status), made when asked for; for the memory log a temporary one. */
  effectDir(sessionId: string, effect: string): Promise<string>;
  /** Small derived file at the root of the store (the session index), or null. A cache: atomically replaced, may be deleted. */
  readCache(name: string): Promise<string | null>;
  writeCache(name: string, text: string): Promise<void>;
  /** Gives up the lock on the data folder. */
  close(): Promise<void>;
}
