// An open log of one session: the writer, the reader, snapshots and blobs behind the port.
import { Problem } from "../protocol/problem.ts";
import { getBlob, putBlob } from "./blobs.ts";
import { checkAppend, recordTexts } from "./admission.ts";
import { storageFailed } from "./disk.ts";
import type { LineBuffer } from "./line_buffer.ts";
import type { LogRecord, SessionLog, Snapshot } from "./port.ts";
import { locate, readRecords } from "./reader.ts";
import {
  type Anchor,
  isAnchored,
  readSnapshot,
  snapshotSeqs,
  toSnapshot,
  writeSnapshot,
} from "./snapshots.ts";
import type { LogState } from "./state.ts";
import { openWriter, type WriterLimits } from "./writer.ts";

/** What else may wait in memory before an append is refused. */
const queuedCharactersMax = 64 * 1024 * 1024;

/** Makes the open log over a state that was recovered or is new. `onClose` is called once. */
export function openSessionLog(
  state: LogState,
  shared: { lines: LineBuffer; limits: WriterLimits; onClose(): void },
): SessionLog {
  const writer = openWriter(state, shared.lines, shared.limits);
  let queuedCharacters = 0;
  let blobsPut = 0;
  let closing: Promise<void> | null = null;

  function append(epoch: number, expectedSeq: number, records: readonly LogRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (state.refusal !== null) throw state.refusal;
      if (closing !== null) throw closed();
      checkAppend(state, epoch, expectedSeq, records);
      if (records.length === 0) return resolve();
      const texts = recordTexts(state.sessionId, records);
      const characters = texts.reduce((sum, text) => sum + text.length, 0);
      if (queuedCharacters > 0 && queuedCharacters + characters > queuedCharactersMax) throw tooMuch();
      queuedCharacters += characters;
      state.head = expectedSeq + records.length;
      state.epoch = epoch;
      writer.push({
        first: expectedSeq + 1,
        epoch,
        texts,
        resolve() {
          queuedCharacters -= characters;
          resolve();
        },
        reject(problem) {
          queuedCharacters -= characters;
          reject(problem);
        },
      });
    });
  }

  async function putSnapshot(snapshot: Snapshot): Promise<void> {
    if (snapshot.seq < 1 || snapshot.seq > state.durable) {
      throw new Error(
        `a snapshot at ${snapshot.seq} does not fit a log with ${state.durable} durable records`,
      );
    }
    const at = locate(state, snapshot.seq);
    state.origin ??= locate(state, 1).crc;
    try {
      await writeSnapshot(state.disk, state.folder, snapshot, { ...at, origin: state.origin });
    } catch (error) {
      throw storageFailed(`Cannot write a snapshot of session "${state.sessionId}"`, error);
    }
  }

  /** Async, so that whatever is thrown rejects. */
  // deno-lint-ignore require-await
  async function snapshotAt(seq = state.head): Promise<Snapshot | null> {
    for (const candidate of snapshotSeqs(state.disk, state.folder)) {
      const stored = candidate <= seq ? readSnapshot(state.disk, state.folder, candidate) : null;
      if (stored === null || !isOwn(stored.anchor)) continue;
      const snapshot = toSnapshot(stored);
      if (snapshot !== null) return snapshot;
    }
    return null;
  }

  /** A snapshot that was copied here from another log is none of this one. */
  function isOwn(anchor: Anchor): boolean {
    const { anchor: known } = state;
    return (known?.seq === anchor.seq && known.crc === anchor.crc) || isAnchored(state.disk, state, anchor);
  }

  function closed(): Problem {
    return new Problem(
      "unavailable",
      `Cannot append to session "${state.sessionId}": its log has been closed`,
    );
  }

  function tooMuch(): Problem {
    return new Problem(
      "unavailable",
      `Cannot append to session "${state.sessionId}": ${queuedCharacters} characters wait for the disk already`,
    );
  }

  return {
    sessionId: state.sessionId,
    get durable() {
      return state.durable;
    },
    get head() {
      return state.head;
    },
    get report() {
      return state.report;
    },
    get bytes() {
      return state.bytes;
    },
    append,
    // deno-lint-ignore require-await
    read: async (from, limit) => readRecords(state, from, limit),
    mark: () => writer.mark(),
    snapshot: snapshotAt,
    putSnapshot,
    putBlob: (bytes) => putBlob(state, bytes, String(blobsPut++)),
    // deno-lint-ignore require-await
    getBlob: async (name) => getBlob(state, name),
    close() {
      closing ??= writer.mark().then(() => shared.onClose());
      return closing;
    },
  };
}
