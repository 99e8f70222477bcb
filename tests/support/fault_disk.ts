// A disk that fails at a chosen operation: what a full or dying disk does, on top of any other disk.
import { type Disk, DiskError, type DiskFile } from "../../src/log/disk.ts";

export type Fault = "no_space" | "io" | "short_write" | "sync";

export interface FaultDisk extends Disk {
  /** Fails the n-th operation from now that this fault can hit, and with `forever` all later ones. */
  arm(fault: Fault, n: number, forever?: boolean): void;
  disarm(): void;
  /** Nothing that the present user asks reaches the disk any more; no sync of it ever ends. */
  kill(): void;
  /** Whether the fault has struck. */
  readonly struck: boolean;
  /** Syncs of the very thing whose sync had failed. */
  readonly syncRetries: number;
}

/** `no_space` and `io` hit whatever changes the disk, `short_write` half a write, `sync` syncs of files and folders. */
export function openFaultDisk(inner: Disk): FaultDisk {
  let armed: { fault: Fault; left: number; forever: boolean } | null = null;
  let struck = false;
  let killed = false;
  let failedSync: string | null = null;
  let syncRetries = 0;

  function strikes(...faults: Fault[]): Fault | null {
    if (armed === null || !faults.includes(armed.fault)) return null;
    armed.left -= 1;
    if (armed.left > 0 || (armed.left < 0 && !armed.forever)) return null;
    struck = true;
    return armed.fault;
  }

  function living(): void {
    if (killed) throw new Error("a killed process asked for something");
  }

  function changing<T>(work: () => T): T {
    living();
    const fault = strikes("no_space", "io");
    if (fault === null) return work();
    throw new DiskError(fault === "io" ? "io" : "no_space", fault === "io" ? "I/O error" : "no space left");
  }

  async function syncing(path: string, work: () => Promise<void>): Promise<void> {
    if (failedSync === path) syncRetries += 1;
    if (strikes("sync") !== null) {
      failedSync = path;
      throw new DiskError("io", "the sync failed");
    }
    await work();
    if (killed) await new Promise(() => {});
  }

  function wrap(path: string, file: DiskFile): DiskFile {
    return {
      ...file,
      append(bytes) {
        if (strikes("short_write") !== null) {
          const half = file.append(bytes.subarray(0, Math.floor(bytes.length / 2)));
          armed = { fault: "no_space", left: 1, forever: false };
          return half;
        }
        return changing(() => file.append(bytes));
      },
      truncate(bytes) {
        living();
        file.truncate(bytes);
      },
      sync: () => syncing(path, () => file.sync()),
    };
  }

  return {
    ...inner,
    open: (path, mode) =>
      wrap(path, mode === "create" ? changing(() => inner.open(path, mode)) : inner.open(path, mode)),
    makeFolder: (path) => changing(() => inner.makeFolder(path)),
    newFolder: (path) => changing(() => inner.newFolder(path)),
    rename: (from, to) => changing(() => inner.rename(from, to)),
    link: (from, to) => changing(() => inner.link(from, to)),
    remove(path) {
      living();
      inner.remove(path);
    },
    syncFolder: (path) => syncing(path, () => inner.syncFolder(path)),
    arm(fault, n, forever = false) {
      armed = { fault, left: n, forever };
      struck = false;
      failedSync = null;
      syncRetries = 0;
    },
    kill: () => void (killed = true),
    disarm: () => void (armed = null),
    get struck() {
      return struck;
    },
    get syncRetries() {
      return syncRetries;
    },
  };
}
