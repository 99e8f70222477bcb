// The log store in memory: the same promises as on files, but for surviving the process. For trials and tests.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Problem } from "../protocol/problem.ts";
import { checkAppend, recordTexts } from "./admission.ts";
import { blobName, checkBlobSize, missingBlob } from "./blobs.ts";
import { parseRecord } from "./body.ts";
import { isSessionId } from "./names.ts";
import type { LogRecord, LogStore, SessionLog, Snapshot } from "./port.ts";
import { snapshotsKept } from "./snapshots.ts";

interface Stored {
  sessionId: string;
  texts: string[];
  head: number;
  epoch: number;
  bytes: number;
  snapshots: Map<number, string>;
  blobs: Map<string, Uint8Array>;
  open: boolean;
}

/** Opens an empty store. */
export function openMemoryLog(): LogStore {
  const sessions = new Map<string, Stored>();
  const trashed = new Map<string, Stored>();
  const caches = new Map<string, string>();
  const folders = new Map<string, string>();

  function add(stored: Stored): Stored {
    if (!isSessionId(stored.sessionId)) {
      throw new Problem("bad_request", `Cannot use session id "${stored.sessionId}": it is malformed`);
    }
    if (sessions.has(stored.sessionId)) {
      throw new Problem("conflict", `Cannot create session "${stored.sessionId}": it exists`);
    }
    sessions.set(stored.sessionId, stored);
    return stored;
  }

  // deno-lint-ignore require-await
  async function move(sessionId: string, from: Map<string, Stored>, to: Map<string, Stored>): Promise<void> {
    const stored = from.get(sessionId);
    if (stored === undefined) throw notFound(sessionId);
    if (stored.open || to.has(sessionId)) {
      throw new Problem("conflict", `Cannot move session "${sessionId}": it is open or there already`);
    }
    from.delete(sessionId);
    to.set(sessionId, stored);
  }

  return {
    list: () => Promise.resolve([...sessions.keys()]),
    stamp: (sessionId) => {
      const stored = sessions.get(sessionId);
      return Promise.resolve(stored === undefined ? null : `memory:${stored.bytes}`);
    },
    async create(sessionId, epoch, records) {
      if (records.length === 0) throw new Error("a new log needs a first record");
      checkAppend({ sessionId, head: 0, epoch: 0 }, epoch, 0, records);
      const log = openStored(add(emptyStored(sessionId)));
      await log.append(epoch, 0, records);
      return log;
    },
    // deno-lint-ignore require-await
    async open(sessionId) {
      const stored = sessions.get(sessionId);
      if (stored === undefined) throw notFound(sessionId);
      if (!stored.open) return openStored(stored);
      throw new Problem("conflict", `Cannot open session "${sessionId}": its log is open`);
    },
    async fork(from, at, sessionId) {
      const source = sessions.get(from.sessionId);
      if (source === undefined) throw new Error(`session "${from.sessionId}" is not open in this store`);
      if (!Number.isInteger(at) || at < 1 || at > source.texts.length) {
        throw new Problem(
          "bad_request",
          `Cannot fork session "${from.sessionId}" at record ${at}: it has records 1 to ${source.texts.length}`,
        );
      }
      const texts = source.texts.slice(0, at);
      const stored = add({
        ...emptyStored(sessionId),
        texts,
        head: at,
        bytes: texts.reduce((sum, text) => sum + text.length, 0),
        blobs: new Map(source.blobs),
        snapshots: new Map([...source.snapshots].filter(([seq]) => seq <= at)),
      });
      stored.epoch = (await readTexts(texts, at, 1))[0]?.epoch ?? 0;
      return openStored(stored);
    },
    trash: (sessionId) => move(sessionId, sessions, trashed),
    restore: (sessionId) => move(sessionId, trashed, sessions),
    // deno-lint-ignore require-await
    async effectDir(sessionId, effect) {
      const key = `${sessionId}/${effect}`;
      const folder = folders.get(key) ?? mkdtempSync(`${tmpdir()}/jamey-effect-`);
      folders.set(key, folder);
      return folder;
    },
    readCache: (name) => Promise.resolve(caches.get(name) ?? null),
    writeCache: (name, text) => Promise.resolve(void caches.set(name, text)),
    // deno-lint-ignore require-await
    async close() {
      for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
      folders.clear();
    },
  };
}

function openStored(stored: Stored): SessionLog {
  stored.open = true;
  let closed = false;
  const report = { records: stored.texts.length, torn: null, damage: null };
  return {
    sessionId: stored.sessionId,
    get durable() {
      return stored.texts.length;
    },
    get head() {
      return stored.head;
    },
    report,
    get bytes() {
      return stored.bytes;
    },
    async append(epoch, expectedSeq, records) {
      if (closed) {
        throw new Problem(
          "unavailable",
          `Cannot append to session "${stored.sessionId}": its log has been closed`,
        );
      }
      checkAppend(stored, epoch, expectedSeq, records);
      const texts = recordTexts(stored.sessionId, records);
      stored.head += records.length;
      stored.epoch = epoch;
      // Durable one tick later, as on a disk that takes no time.
      await Promise.resolve();
      for (const [i, text] of texts.entries()) stored.texts.push(`"seq":${expectedSeq + 1 + i},${text}`);
      stored.bytes += texts.reduce((sum, text) => sum + text.length, 0);
    },
    read: (from, limit) => readTexts(stored.texts, from, limit),
    mark: () => Promise.resolve(),
    // deno-lint-ignore require-await
    async snapshot(seq = stored.head) {
      const best = [...stored.snapshots.keys()].filter((at) => at <= seq).sort((a, b) => b - a)[0];
      return best === undefined ? null : parseSnapshot(stored.snapshots.get(best) ?? "");
    },
    // deno-lint-ignore require-await
    async putSnapshot(snapshot) {
      if (snapshot.seq < 1 || snapshot.seq > stored.texts.length) {
        throw new Error(
          `a snapshot at ${snapshot.seq} does not fit a log with ${stored.texts.length} durable records`,
        );
      }
      stored.snapshots.set(snapshot.seq, JSON.stringify(snapshot));
      const old = [...stored.snapshots.keys()].sort((a, b) => b - a).slice(snapshotsKept);
      for (const seq of old) stored.snapshots.delete(seq);
    },
    // deno-lint-ignore require-await
    async putBlob(bytes) {
      checkBlobSize(bytes);
      const name = blobName(bytes);
      stored.blobs.set(name, bytes.slice());
      return name;
    },
    // deno-lint-ignore require-await
    async getBlob(name) {
      const bytes = stored.blobs.get(name);
      if (bytes === undefined) throw missingBlob(name);
      return bytes.slice();
    },
    // deno-lint-ignore require-await
    async close() {
      if (!closed) stored.open = false;
      closed = true;
    },
  };
}

// deno-lint-ignore require-await
async function readTexts(texts: readonly string[], from: number, limit: number): Promise<LogRecord[]> {
  const first = Math.max(1, from);
  return texts.slice(first - 1, first - 1 + Math.max(0, limit)).flatMap((text) => {
    const record = parseRecord(new TextEncoder().encode(text));
    if (record === null) throw new Error("a record in memory cannot be read");
    return [record];
  });
}

/** The text was made by `putSnapshot`. */
function parseSnapshot(text: string): Snapshot {
  return JSON.parse(text);
}

function emptyStored(sessionId: string): Stored {
  return {
    sessionId,
    texts: [],
    head: 0,
    epoch: 0,
    bytes: 0,
    snapshots: new Map(),
    blobs: new Map(),
    open: false,
  };
}

function notFound(sessionId: string): Problem {
  return new Problem("not_found", `Cannot open session "${sessionId}": there is none`);
}
