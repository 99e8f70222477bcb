// Reads hook files again only when they have changed. Synchronous: a look costs one stat, and happens before every call.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { z } from "zod";
import { messageOf } from "../protocol/problem.ts";
import { type HookFile, parseHookFile } from "./settings.ts";

export const fileBytesMax = 1024 * 1024;
const filesMax = 1_000;

interface Read {
  stamp: string;
  /** Null when there is no such file, or none that makes sense. */
  file: HookFile | null;
}

export interface HookFiles {
  /**
   * The file as it is now, or null. With `keepsLast` one that stopped making sense is taken as it was: half an edit must
   * not switch off the user's own checks.
   */
  read(path: string, options?: { keepsLast?: boolean }): HookFile | null;
}

/** `report` hears once of each change that cannot be used. */
export function openHookFiles(report: (line: string) => void): HookFiles {
  const known = new Map<string, Read>();
  return {
    read(path, { keepsLast = false } = {}) {
      const stamp = stampOf(path);
      const last = known.get(path);
      if (last?.stamp === stamp) return last.file;
      const file = stamp === "" ? null : load(path, report, keepsLast ? last?.file ?? null : null);
      if (known.size >= filesMax) known.clear();
      known.set(path, { stamp, file });
      return file;
    },
  };
}

/** Another one for every other content; empty when there is nothing. */
function stampOf(path: string): string {
  // Asked first, because most folders have none and the error inside would cost more than the look.
  if (!existsSync(path)) return "";
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    return info === undefined ? "" : [info.ino, info.size, info.mtimeMs, info.ctimeMs].join(" ");
  } catch {
    return "";
  }
}

function load(path: string, report: (line: string) => void, fallback: HookFile | null): HookFile | null {
  try {
    const file = parseHookFile(readText(path));
    for (const note of file.notes) report(`Cannot use all of "${path}": ${note}`);
    return file;
  } catch (thrown) {
    const why = thrown instanceof z.ZodError
      ? z.prettifyError(thrown).replaceAll("\n", " ")
      : messageOf(thrown);
    report(`Cannot read hooks in "${path}": ${why}`);
    return fallback;
  }
}

/** Only a regular file: a pipe would hold up everything. */
function readText(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info: Stats = fstatSync(descriptor);
    if (!info.isFile()) throw new Error("it is not a regular file");
    const bytes = new Uint8Array(Math.min(info.size, fileBytesMax) + 1);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, filled);
      if (count === 0) return new TextDecoder().decode(bytes.subarray(0, filled));
      filled += count;
    }
    throw new Error(`it has more than ${Math.min(info.size, fileBytesMax)} bytes`);
  } finally {
    closeSync(descriptor);
  }
}
