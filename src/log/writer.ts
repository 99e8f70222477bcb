// The one writer of an open log: group commit. While one sync runs, the next batch fills; one write and one sync each.
import { messageOf, Problem } from "../protocol/problem.ts";
import { headerBody, markBody, recordBody } from "./body.ts";
import { appendAll, type DiskFile, storageFailed } from "./disk.ts";
import type { LineBuffer } from "./line_buffer.ts";
import { segmentName } from "./names.ts";
import { type LogState, notePlace } from "./state.ts";

export interface Entry {
  first: number;
  epoch: number;
  /** Record texts, encoded once. */
  texts: readonly string[];
  resolve(): void;
  reject(problem: Problem): void;
}

export interface WriterLimits {
  /** A segment that has grown to this is sealed: the next batch starts another. */
  segmentBytes: number;
  /** One write takes no more than this, but for a single entry that is bigger. */
  batchBytes: number;
}

/** Turns of the microtask queue, far less than a microsecond each, without an append before a batch is taken. */
const quietTurns = 8;
const gatherTurnsMax = 1000;

export interface Writer {
  push(entry: Entry): void;
  /** Writes a durable mark once nothing waits any more, and lets go of the file. */
  mark(): Promise<void>;
}

/** Opens the writer of a log. `lines` is scratch space that several writers may share: it is used within one tick only. */
export function openWriter(state: LogState, lines: LineBuffer, limits: WriterLimits): Writer {
  const queue: Entry[] = [];
  const marks: (() => void)[] = [];
  let running = false;
  let file: DiskFile | null = null;
  let writtenEpoch = state.epoch;
  const { disk, folder } = state;
  const pathOf = (first: number): string => `${folder}/${segmentName(first)}`;

  async function drain(): Promise<void> {
    if (running) return;
    running = true;
    while (queue.length > 0 || marks.length > 0) {
      await gather();
      if (queue.length > 0) await commit();
      else await rest();
    }
    running = false;
  }

  /**
   * Lets those come along who append in this very turn, most of all those that the last batch has just answered: else
   * the first of them would have a sync of its own, and the rest would wait for it.
   */
  async function gather(): Promise<void> {
    let seen = -1;
    for (let turn = 0; turn < gatherTurnsMax && seen < queue.length; turn++) {
      seen = queue.length;
      for (let quiet = 0; quiet < quietTurns; quiet++) await Promise.resolve();
    }
  }

  /** One batch: a write, a sync, then the answers in order. */
  async function commit(): Promise<void> {
    const before = {
      offset: state.offset,
      crc: state.crc,
      bytes: state.bytes,
      segments: state.firsts.length,
    };
    const batch: Entry[] = [];
    let syncs: Promise<void>[];
    try {
      syncs = write(batch);
    } catch (error) {
      return await cutBack(before, batch, error);
    }
    try {
      await allSynced(syncs);
    } catch (error) {
      // The kernel may have dropped the dirty pages: a second sync could succeed without the data.
      return die(batch, "syncing failed, so nothing is known about what was written last", error);
    }
    state.markUnsynced = false;
    state.unsyncedParent = null;
    const last = batch[batch.length - 1];
    if (last !== undefined) state.durable = last.first + last.texts.length - 1;
    for (const entry of batch) entry.resolve();
  }

  function write(batch: Entry[]): Promise<void>[] {
    const rolling = state.firsts.length === 0 || state.offset >= limits.segmentBytes;
    const places = encode(batch, rolling);
    if (rolling) {
      const first = batch[0]?.first ?? 1;
      file?.close();
      file = null;
      const sealed = state.firsts[state.firsts.length - 1];
      state.firsts.push(first);
      file = disk.open(pathOf(first), "create");
      appendAll(file, lines.bytes());
      settle(batch, places, { base: 0 });
      // The new segment is chained to the last mark of the sealed one, so that has to be there too.
      const sealing = state.markUnsynced && sealed !== undefined ? [syncSealed(pathOf(sealed))] : [];
      const naming = state.unsyncedParent === null ? [] : [disk.syncFolder(state.unsyncedParent)];
      return [file.sync(), disk.syncFolder(folder), ...naming, ...sealing];
    }
    file ??= disk.open(pathOf(state.firsts[state.firsts.length - 1] ?? 1), "append");
    appendAll(file, lines.bytes());
    settle(batch, places, { base: state.offset });
    return [file.sync()];
  }

  /** Moves entries from the queue into the batch and their lines into the buffer. Returns the offsets of the records. */
  function encode(batch: Entry[], rolling: boolean): number[] {
    const offsets: number[] = [];
    lines.start(state.crc);
    for (let entry = queue[0]; entry !== undefined; entry = queue[0]) {
      if (rolling && batch.length === 0) {
        lines.add(headerBody(state.sessionId, entry.first - 1, state.durable));
      }
      if (batch.length > 0 && lines.size() >= limits.batchBytes) break;
      queue.shift();
      batch.push(entry);
      for (const [i, text] of entry.texts.entries()) {
        offsets.push(lines.size());
        lines.add(recordBody(entry.first + i, state.durable, text));
      }
    }
    return offsets;
  }

  /** After a good write: the log ends behind it. */
  function settle(batch: readonly Entry[], offsets: readonly number[], at: { base: number }): void {
    let seq = batch[0]?.first ?? 0;
    for (const offset of offsets) notePlace(state.places, seq++, at.base + offset);
    state.offset = at.base + lines.size();
    state.crc = lines.crc();
    state.bytes += lines.size();
    state.marked = Math.max(state.marked, state.durable);
    writtenEpoch = batch[batch.length - 1]?.epoch ?? writtenEpoch;
  }

  async function syncSealed(path: string): Promise<void> {
    const sealed = disk.open(path, "append");
    try {
      await sealed.sync();
    } finally {
      sealed.close();
    }
  }

  /** The log at rest: a mark tells later damage of the last batch from a torn tail. */
  async function rest(): Promise<void> {
    const waiting = marks.splice(0);
    if (state.refusal === null && state.marked < state.durable) {
      const before = {
        offset: state.offset,
        crc: state.crc,
        bytes: state.bytes,
        segments: state.firsts.length,
      };
      try {
        lines.start(state.crc);
        lines.add(markBody(state.durable));
        file ??= disk.open(pathOf(state.firsts[state.firsts.length - 1] ?? 1), "append");
        appendAll(file, lines.bytes());
        settle([], [], { base: state.offset });
        state.markUnsynced = true;
      } catch (error) {
        await cutBack(before, [], error);
      }
    }
    file?.close();
    file = null;
    for (const resolve of waiting) resolve();
  }

  /** A failed write leaves no trace: cut back to the last good line, and sync that, before anyone is told. */
  async function cutBack(
    before: { offset: number; crc: number; bytes: number; segments: number },
    batch: readonly Entry[],
    cause: unknown,
  ): Promise<void> {
    Object.assign(state, {
      offset: before.offset,
      crc: before.crc,
      bytes: before.bytes,
      epoch: writtenEpoch,
    });
    const failed = [...batch, ...queue.splice(0)];
    state.head = state.durable;
    const problem = storageFailed(`Cannot append to session "${state.sessionId}"`, cause);
    try {
      if (state.firsts.length > before.segments) {
        const first = state.firsts.pop() ?? 0;
        file?.close();
        file = null;
        disk.remove(pathOf(first));
        await disk.syncFolder(folder);
      } else if (file !== null) {
        file.truncate(before.offset);
        await file.sync();
        state.markUnsynced = false;
      }
    } catch (error) {
      return die(failed, "a failed write could not be taken back", error);
    }
    for (const entry of failed) entry.reject(problem);
  }

  function die(batch: readonly Entry[], why: string, cause: unknown): void {
    const problem = new Problem(
      "storage_failed",
      `Cannot append to session "${state.sessionId}" any more: ${why}: ${messageOf(cause)}`,
      { hint: "Check the disk, then start the daemon again: the log is then read anew", cause },
    );
    state.refusal = problem;
    state.head = state.durable;
    state.epoch = writtenEpoch;
    file?.close();
    file = null;
    for (const entry of [...batch, ...queue.splice(0)]) entry.reject(problem);
  }

  return {
    push(entry) {
      queue.push(entry);
      void drain();
    },
    mark() {
      return new Promise((resolve) => {
        marks.push(resolve);
        void drain();
      });
    },
  };
}

/** Waits for every sync to end, so that no file is closed under one; throws when any failed. */
async function allSynced(syncs: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(syncs)) {
    if (result.status === "rejected") throw result.reason;
  }
}
