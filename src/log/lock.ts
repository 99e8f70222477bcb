// The lock of a data folder: one owner at a time, and whoever comes second is told who that is.
import { Problem } from "../protocol/problem.ts";
import { type Disk, type DiskLock, storageFailed } from "./disk.ts";
import type { LockHolder } from "./lock_holder.ts";

/** Takes the lock of a data folder or throws `data_dir_held`, which names the holder. */
export async function lockDataFolder(disk: Disk, data: string, holder: LockHolder): Promise<DiskLock> {
  const taken = attempt(() => disk.lock(`${data}/lock`, `${JSON.stringify(holder)}\n`), data);
  if ("release" in taken) return taken;
  // Only now: a start that gets the lock is faster without schemas.
  const { lockHolder } = await import("./lock_holder.ts");
  const other = lockHolder.safeParse(parseOrNull(taken.holder));
  const who = other.success
    ? `process ${other.data.pid}${
      other.data.url === undefined ? "" : ` at "${other.data.url}"`
    } has held it ` +
      `since ${other.data.started_at}`
    : "another process holds it";
  throw new Problem("data_dir_held", `Cannot use data folder "${data}": ${who}`, {
    hint: `Stop that daemon with jamey stop${other.success ? ` (or kill ${other.data.pid})` : ""}, ` +
      "or choose another folder with --data-dir",
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
