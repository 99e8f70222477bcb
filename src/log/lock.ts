// The lock of a data folder: one owner at a time, and whoever comes second is told who that is.
import { z } from "zod";
import { Problem } from "../protocol/problem.ts";
import { type Disk, type DiskLock, storageFailed } from "./disk.ts";

/** What the holder writes into `<data>/lock`. */
export const lockFile = z.object({
  pid: z.number().int(),
  url: z.string().optional(),
  started_at: z.string(),
});
export type LockHolder = z.infer<typeof lockFile>;

/** Takes the lock of a data folder or throws `data_dir_held`, which names the holder. */
export function lockDataFolder(disk: Disk, data: string, holder: LockHolder): DiskLock {
  const taken = attempt(() => disk.lock(`${data}/lock`, `${JSON.stringify(holder)}\n`), data);
  if ("release" in taken) return taken;
  const other = lockFile.safeParse(parseOrNull(taken.holder));
  const who = other.success
    ? `process ${other.data.pid}${
      other.data.url === undefined ? "" : ` at "${other.data.url}"`
    } has held it ` +
      `since ${other.data.started_at}`
    : "another process holds it";
  throw new Problem("data_dir_held", `Cannot use data folder "${data}": ${who}`, {
    hint: "Stop that daemon with jamey stop, or choose another folder with --data-dir",
  });
}

function attempt<T>(work: () => T, data: string): T {
  try {
    return work();
  } catch (error) {
    throw storageFailed(`Cannot lock data folder "${data}"`, error);
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
