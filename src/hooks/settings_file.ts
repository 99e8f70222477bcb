// Reads hook files again only when they have changed. Synchronous: a look costs one stat, and happens before every call.
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type FileLook, lookOf, lookOfNothing } from "../platform/file_look.ts";
import { messageOf } from "../protocol/problem.ts";
import { type HookFile, parseHookFile } from "./settings.ts";

export const fileBytesMax = 1024 * 1024;
const filesMax = 1_000;

/** What is in a file, or why that is not known; null when there is none. */
type Content = { text: string } | { why: string } | null;

interface Read {
  /** How it looked; null while the file may change without looking different. */
  look: string | null;
  content: Content;
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
      const look = lookAt(path);
      const last = known.get(path);
      if (last?.look === look.text) return last.file;
      const content = look === lookOfNothing ? null : contentOf(path);
      const file = last !== undefined && isDeepStrictEqual(content, last.content)
        ? last.file
        : understand(path, content, { report, fallback: keepsLast ? last?.file ?? null : null });
      if (known.size >= filesMax) known.clear();
      known.set(path, { look: look.isSettled ? look.text : null, content, file });
      return file;
    },
  };
}

function lookAt(path: string): FileLook {
  // Asked first, because most folders have none and the error inside would cost more than the look.
  if (!existsSync(path)) return lookOfNothing;
  try {
    return lookOf(Deno.statSync(path));
  } catch {
    return lookOfNothing;
  }
}

function contentOf(path: string): Content {
  try {
    return { text: readText(path) };
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
}

function understand(
  path: string,
  content: Content,
  { report, fallback }: { report: (line: string) => void; fallback: HookFile | null },
): HookFile | null {
  if (content === null) return null;
  try {
    if ("why" in content) throw new Error(content.why);
    const file = parseHookFile(content.text);
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
