// The real disk: the disk port on Deno's file calls. Folders are private to the user (0700), files too (0600).
import { messageOf } from "../protocol/problem.ts";
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type OpenMode,
} from "./disk.ts";

/** Opens the disk of this machine. */
export function openDenoDisk(): Disk {
  return {
    open: (path, mode) => attempt(() => wrap(Deno.openSync(path, openOptions[mode]))),
    stat: (path) =>
      orNull(() => {
        const info = Deno.statSync(path);
        return { size: info.size, folder: info.isDirectory };
      }),
    list: (path) => orNull(() => Array.from(Deno.readDirSync(path), (entry) => entry.name)),
    makeFolder: (path) => attempt(() => Deno.mkdirSync(path, { recursive: true, mode: 0o700 })),
    newFolder: (path) => attempt(() => newFolder(path)),
    rename: (from, to) => attempt(() => Deno.renameSync(from, to)),
    link: (from, to) => attempt(() => Deno.linkSync(from, to), "no_link"),
    remove: (path) => void orNull(() => Deno.removeSync(path, { recursive: true })),
    syncFolder,
    lock,
  };
}

const openOptions: { readonly [mode in OpenMode]: Deno.OpenOptions } = {
  read: { read: true },
  append: { append: true },
  create: { write: true, create: true, truncate: true, mode: 0o600 },
};

function newFolder(path: string): boolean {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

function wrap(file: Deno.FsFile): DiskFile {
  return {
    append: (bytes) => attempt(() => file.writeSync(bytes)),
    read: (into, offset) =>
      attempt(() => {
        file.seekSync(offset, Deno.SeekMode.Start);
        return file.readSync(into) ?? 0;
      }),
    size: () => attempt(() => file.statSync().size),
    truncate: (bytes) =>
      attempt(() => {
        file.truncateSync(bytes);
        file.seekSync(0, Deno.SeekMode.End);
      }),
    sync: () => attemptAsync(() => file.syncData()),
    close: () => file.close(),
  };
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no sync for folders; NTFS journals names by itself.
  if (Deno.build.os === "windows") return;
  const folder = attempt(() => Deno.openSync(path, { read: true }));
  try {
    await attemptAsync(() => folder.sync());
  } finally {
    folder.close();
  }
}

function lock(path: string, text: string): DiskLock | { holder: string } {
  const file = attempt(() => Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 }));
  if (!attempt(() => file.tryLockSync(true))) {
    file.close();
    return { holder: orNull(() => Deno.readTextFileSync(path)) ?? "" };
  }
  attempt(() => {
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(text));
  });
  return {
    release: () => {
      file.unlockSync();
      file.close();
    },
  };
}

function attempt<T>(work: () => T, code?: DiskErrorCode): T {
  try {
    return work();
  } catch (error) {
    throw diskError(error, code);
  }
}

async function attemptAsync<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error);
  }
}

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    const found = diskError(error);
    if (found.code === "not_found") return null;
    throw found;
  }
}

function diskError(thrown: unknown, code?: DiskErrorCode): DiskError {
  return new DiskError(code ?? codeOf(thrown), messageOf(thrown), thrown);
}

function codeOf(thrown: unknown): DiskErrorCode {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (thrown instanceof Deno.errors.NotFound || code === "ENOTDIR") return "not_found";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") return "no_space";
  if (thrown instanceof Deno.errors.PermissionDenied || code === "EROFS" || code === "EPERM") return "denied";
  return "io";
}
