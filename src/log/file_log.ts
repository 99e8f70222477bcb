// The log store on files: one folder a session, held by one process at a time. See names.ts for the layout.
import { Problem } from "../protocol/problem.ts";
import { makeDurableBlobs } from "./blobs.ts";
import { type Disk, readWhole, replaceFile, storage } from "./disk.ts";
import { forkPrefix, type HeldFolder, holdDataFolder } from "./data_folder.ts";
import { copyLog } from "./fork.ts";
import { makeLineBuffer } from "./line_buffer.ts";
import {
  asidePath,
  isSessionId,
  segmentName,
  segmentsIn,
  sessionFolder,
  sessionsFolder,
  trashFolder,
} from "./names.ts";
import type { LogStore, SessionLog } from "./port.ts";
import { locate } from "./reader.ts";
import { hasRecords, recover } from "./recovery.ts";
import { openSessionLog } from "./session_log.ts";
import type { LogState } from "./state.ts";
import type { WriterLimits } from "./writer.ts";

export interface FileLogOptions {
  /** Where the holder of the lock can be reached, for whoever comes second. */
  url?: string;
  /** The folder, when the caller holds it already and it is settled: closing the store releases it. */
  held?: HeldFolder;
  limits?: Partial<WriterLimits>;
}

const defaultLimits: WriterLimits = { segmentBytes: 16 * 1024 * 1024, batchBytes: 4 * 1024 * 1024 };
const cacheNamePattern = /^[a-z0-9_-]{1,64}(\.[a-z0-9]{1,8})?$/;

/** Opens the store in a data folder, made when absent. Throws `data_dir_held` or `storage_failed`. */
export async function openFileLog(disk: Disk, data: string, options: FileLogOptions = {}): Promise<LogStore> {
  const limits = { ...defaultLimits, ...options.limits };
  const lines = makeLineBuffer();
  const open = new Map<string, LogState>();
  const busy = new Set<string>();
  const parent = sessionsFolder(data);
  const trash = trashFolder(data);
  const held = options.held ?? await openFolder(disk, data, options.url);

  /** Runs with a session to itself; a session that is open or in use is a conflict. */
  async function alone<T>(sessionId: string, what: string, work: () => Promise<T>): Promise<T> {
    if (open.has(sessionId) || busy.has(sessionId)) {
      throw new Problem("conflict", `Cannot ${what} session "${sessionId}": its log is open`, {
        hint: "Close it first",
      });
    }
    busy.add(sessionId);
    try {
      return await storage(`Cannot ${what} session "${sessionId}"`, work);
    } finally {
      busy.delete(sessionId);
    }
  }

  function present(state: LogState): SessionLog {
    const { sessionId } = state;
    open.set(sessionId, state);
    return openSessionLog(state, { lines, limits, onClose: () => void open.delete(sessionId) });
  }

  async function create(...[sessionId, epoch, records]: Parameters<LogStore["create"]>): Promise<SessionLog> {
    const folder = sessionFolder(data, sessionId);
    if (records.length === 0) throw new Error("a new log needs a first record");
    return await alone(sessionId, "create", async () => {
      // Made at once, without a look first: that nothing is there is the rule, and an error costs more than a folder.
      if (!disk.newFolder(folder)) {
        clearPlace(folder, sessionId);
        disk.makeFolder(folder);
      }
      const log = present(newState(disk, { sessionId, folder, parent }));
      try {
        await log.append(epoch, 0, records);
      } catch (error) {
        await log.close();
        disk.remove(folder);
        throw error;
      }
      return log;
    });
  }

  /** Makes sure that nothing is in the way; what never became a session goes to the trash. */
  function clearPlace(folder: string, sessionId: string): void {
    if (disk.stat(folder) === null) return;
    if (hasRecords(disk, folder)) {
      throw new Problem("conflict", `Cannot create session "${sessionId}": it exists`);
    }
    disk.rename(folder, asidePath(disk, `${trash}/${sessionId}`));
  }

  async function openLog(sessionId: string): Promise<SessionLog> {
    if (!isSessionId(sessionId)) throw notFound(sessionId);
    return await alone(sessionId, "open", async () => {
      const state = await recover(disk, { sessionId, folder: sessionFolder(data, sessionId), parent });
      if (state === null) throw notFound(sessionId);
      return present(state);
    });
  }

  async function fork(from: SessionLog, at: number, sessionId: string): Promise<SessionLog> {
    const source = open.get(from.sessionId);
    const folder = sessionFolder(data, sessionId);
    if (source === undefined) throw new Error(`session "${from.sessionId}" is not open in this store`);
    if (!Number.isInteger(at) || at < 1 || at > source.durable) {
      throw new Problem(
        "bad_request",
        `Cannot fork session "${from.sessionId}" at record ${at}: it has records 1 to ${source.durable}`,
      );
    }
    return await alone(sessionId, "create", async () => {
      clearPlace(folder, sessionId);
      const { first: lastFirst, end } = locate(source, at);
      const temporary = `${parent}/${forkPrefix}${sessionId}`;
      disk.remove(temporary);
      await copyLog(disk, { folder: source.folder, firsts: source.firsts, lastFirst, end, at }, temporary);
      disk.rename(temporary, folder);
      await disk.syncFolder(parent);
      const state = await recover(disk, { sessionId, folder, parent });
      if (state === null) throw new Error(`the fork "${sessionId}" has no records`);
      const log = present(state);
      await log.mark();
      return log;
    });
  }

  async function move(sessionId: string, what: string, from: string, to: string): Promise<void> {
    if (!isSessionId(sessionId)) throw notFound(sessionId);
    await alone(sessionId, what, async () => {
      if (disk.stat(`${from}/${sessionId}`) === null) throw notFound(sessionId);
      if (disk.stat(`${to}/${sessionId}`) !== null) {
        throw new Problem(
          "conflict",
          `Cannot ${what} session "${sessionId}": there is one of that id already`,
        );
      }
      disk.rename(`${from}/${sessionId}`, `${to}/${sessionId}`);
      await Promise.all([disk.syncFolder(to), disk.syncFolder(from)]);
    });
  }

  async function list(): Promise<string[]> {
    const names = await storage(`Cannot list sessions in "${parent}"`, () => disk.list(parent) ?? []);
    return names.filter((name) => isSessionId(name) && (open.has(name) || canOpen(name)));
  }

  function canOpen(name: string): boolean {
    try {
      return hasRecords(disk, `${parent}/${name}`);
    } catch {
      // Shown, so that opening it says what is wrong.
      return true;
    }
  }

  async function stamp(sessionId: string): Promise<string | null> {
    if (!isSessionId(sessionId)) return null;
    const folder = sessionFolder(data, sessionId);
    return await storage(`Cannot look at session "${sessionId}"`, () => {
      const last = segmentsIn(disk.list(folder) ?? []).pop();
      const info = last === undefined ? null : disk.stat(`${folder}/${segmentName(last)}`);
      return last === undefined || info === null ? null : `${segmentName(last)}:${info.size}`;
    });
  }

  function cachePath(name: string): string {
    if (cacheNamePattern.test(name) && name !== "lock") return `${data}/${name}`;
    throw new Error(`"${name}" is no name for a cache file`);
  }

  return {
    list,
    stamp,
    create,
    open: openLog,
    fork,
    trash: (sessionId) => move(sessionId, "trash", parent, trash),
    restore: (sessionId) => move(sessionId, "restore", trash, parent),
    effectDir: (sessionId, effect) =>
      storage(`Cannot make a folder for effect "${effect}"`, () => {
        const path = `${sessionFolder(data, sessionId)}/effects/${effectName(effect)}`;
        disk.makeFolder(path);
        return path;
      }),
    readCache: (name) =>
      storage(`Cannot read "${name}"`, () => {
        const bytes = readWhole(disk, cachePath(name));
        return bytes === null ? null : new TextDecoder().decode(bytes);
      }),
    writeCache: (name, text) =>
      storage(
        `Cannot write "${name}"`,
        () => replaceFile(disk, cachePath(name), new TextEncoder().encode(text)),
      ),
    // deno-lint-ignore require-await
    close: async () => held.release(),
  };
}

async function openFolder(disk: Disk, data: string, url: string | undefined): Promise<HeldFolder> {
  const held = await holdDataFolder(disk, data, url);
  try {
    await held.settle();
  } catch (thrown) {
    held.release();
    throw thrown;
  }
  return held;
}

function newState(disk: Disk, log: { sessionId: string; folder: string; parent: string }): LogState {
  return {
    disk,
    sessionId: log.sessionId,
    folder: log.folder,
    unsyncedParent: log.parent,
    firsts: [],
    offset: 0,
    crc: 0,
    head: 0,
    durable: 0,
    epoch: 0,
    marked: 0,
    markUnsynced: false,
    bytes: 0,
    places: new Map(),
    anchor: null,
    origin: null,
    durableBlobs: makeDurableBlobs(),
    report: { records: 0, torn: null, damage: null },
    refusal: null,
  };
}

/** File names hold no separators, and none that begins with a dot. */
function effectName(effect: string): string {
  return encodeURIComponent(effect).replaceAll("*", "%2A").replace(/^\./, "%2E");
}

function notFound(sessionId: string): Problem {
  return new Problem("not_found", `Cannot open session "${sessionId}": there is none`);
}
