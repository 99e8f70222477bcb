// The texts that were approved, so that a change can be shown as one: a file for each, named by its hash. They decide
// nothing, and may name keys as the folder's own file does: only their owner may read them.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "./file.ts";

/** Longer texts are not kept, and of all texts those that were approved last. */
export const textBytesMax = 256 * 1024;
export const textsMax = 500;

export interface ApprovedTexts {
  /** Null when it is not kept, or is not what was kept. */
  read(hash: string): string | null;
  /** Durable when it resolves. */
  keep(hash: string, text: string): Promise<void>;
  /** Removes all but these. */
  keepOnly(hashes: ReadonlySet<string>): Promise<void>;
}

export function openApprovedTexts(folder: string): ApprovedTexts {
  const pathOf = (hash: string) => join(folder, hash);
  return {
    read(hash) {
      const path = pathOf(hash);
      try {
        const info = statSync(path);
        if (!info.isFile() || info.size > textBytesMax) return null;
        const text = readFileSync(path, "utf8");
        // Shown as what was approved, so it must be just that.
        return hashOf(text) === hash ? text : null;
      } catch {
        return null;
      }
    },
    async keep(hash, text) {
      if (new TextEncoder().encode(text).length <= textBytesMax) await replaceFile(pathOf(hash), text);
    },
    async keepOnly(hashes) {
      const names = await readdir(folder).catch(() => []);
      await Promise.all(names.filter((name) => !hashes.has(name)).map((name) => rm(pathOf(name))));
    },
  };
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
