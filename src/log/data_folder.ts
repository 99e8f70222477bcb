// Taking a data folder: made when absent, locked for this process, cleared of what a crash left half done.
import { dirname } from "node:path";
import { type Disk, DiskError, storage } from "./disk.ts";
import { lockDataFolder } from "./lock.ts";
import { sessionsFolder, trashFolder } from "./names.ts";

/** How the folder of a fork begins until its copy is complete. */
export const forkPrefix = ".fork-";

export interface HeldFolder {
  /** Resolves once the folder survives a crash, and what a crash left in it is gone. Nothing is stored before. */
  settle(): Promise<void>;
  release(): void;
}

/** Takes the folder; `url` is where its holder can be reached. Throws `data_dir_held` or `storage_failed`. */
export async function holdDataFolder(disk: Disk, data: string, url?: string): Promise<HeldFolder> {
  const what = `Cannot use data folder "${data}"`;
  const unsynced = newParents(disk, data);
  const lock = await storage(what, () => {
    disk.makeFolder(data);
    const holder = {
      pid: Deno.pid,
      ...(url === undefined ? {} : { url }),
      started_at: new Date().toISOString(),
    };
    return lockDataFolder(disk, data, holder);
  });
  return {
    settle: () =>
      storage(what, async () => {
        for (const folder of [sessionsFolder(data), trashFolder(data)]) disk.makeFolder(folder);
        await Promise.all([disk.syncFolder(data), ...unsynced.map((folder) => syncParent(disk, folder))]);
        const names = disk.list(sessionsFolder(data)) ?? [];
        for (const name of names.filter((name) => name.startsWith(forkPrefix))) {
          disk.remove(`${sessionsFolder(data)}/${name}`);
        }
      }),
    release: () => lock.release(),
  };
}

/** The folders that get a new name in them when this one is made. */
function newParents(disk: Disk, path: string): string[] {
  const parents = [dirname(path)];
  for (let parent = dirname(path); disk.stat(parent) === null; parent = dirname(parent)) {
    parents.push(dirname(parent));
  }
  return parents;
}

async function syncParent(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.syncFolder(folder);
  } catch (error) {
    // A parent that this user may not read cannot be synced by this user either.
    if (!(error instanceof DiskError) || error.code !== "denied") throw error;
  }
}
