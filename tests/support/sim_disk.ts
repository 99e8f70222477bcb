// A disk in memory that remembers every operation and what had been synced when, so that a crash can be staged
// after any of them. Names last only after a sync of their folder, bytes only after a sync of their file.
import { type Disk, DiskError, type DiskFile } from "../../src/log/disk.ts";

/** Something that changes the disk, a sync that ended, or a remark of the workload. */
export type Op =
  | { kind: "write"; file: number; offset: number; bytes: Uint8Array }
  | { kind: "truncate"; file: number; size: number }
  | { kind: "create"; path: string; file: number }
  | { kind: "folder"; path: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "remove"; path: string }
  /** Operations before `upTo` on this file are on the device. */
  | { kind: "synced"; file: number; upTo: number }
  | { kind: "synced_folder"; path: string; upTo: number }
  | { kind: "note"; note: Note };

/** What the workload was promised: from here on it must survive. */
export type Note =
  | { what: "acknowledged"; session: string; texts: string[] }
  /** The appender was told that this record is not in the log. */
  | { what: "refused"; session: string; texts: string[] }
  | { what: "blob"; session: string; name: string };

/** What is on the disk: names, and the content of files by number. `null` is a folder. */
export interface World {
  names: Map<string, number | null>;
  files: Map<number, Uint8Array>;
}

export interface SimDisk extends Disk {
  readonly ops: Op[];
  readonly world: World;
  note(note: Note): void;
  /** The process that used the disk is gone, with its locks; the page cache is not. */
  processDied(): void;
}

export function emptyWorld(): World {
  return { names: new Map([["/", null]]), files: new Map() };
}

/** Opens a simulated disk on a world, which it changes. `turns` says how many turns each sync takes. */
export function openSimDisk(world: World = emptyWorld(), turns: () => number = () => 1): SimDisk {
  const ops: Op[] = [];
  const locks = new Set<string>();
  let process = 0;
  let nextFile = Math.max(0, ...world.files.keys(), ...[...world.names.values()].map(Number)) + 1;

  function does(op: Op): void {
    ops.push(op);
    applyOp(world, op);
  }

  async function ended(op: Op): Promise<void> {
    const asker = process;
    for (let left = turns(); left > 0; left--) await Promise.resolve();
    // A sync that nobody waits for any more is taken as not done.
    if (asker === process) ops.push(op);
  }

  function fileAt(path: string): number {
    const found = world.names.get(path);
    if (found === undefined || found === null) throw new DiskError("not_found", `there is no file "${path}"`);
    return found;
  }

  function needFolder(path: string): void {
    if (world.names.get(path) === null) return;
    throw new DiskError("not_found", `there is no folder "${path}"`);
  }

  return {
    ops,
    world,
    processDied() {
      locks.clear();
      process += 1;
    },
    note: (note) => void ops.push({ kind: "note", note }),
    open(path, mode) {
      if (mode === "create") {
        const found = world.names.get(path);
        if (typeof found === "number") does({ kind: "truncate", file: found, size: 0 });
        else {
          needFolder(parentOf(path));
          does({ kind: "create", path, file: nextFile++ });
        }
      }
      const file = fileAt(path);
      return handle(file, world, does, () => ended({ kind: "synced", file, upTo: ops.length }));
    },
    stat(path) {
      const found = world.names.get(path);
      if (found === undefined) return null;
      return { size: found === null ? 0 : contentOf(world, found).length, folder: found === null };
    },
    list: (path) =>
      world.names.get(path) === null
        ? childrenOf(world, path).map((name) => name.slice(path.length + 1))
        : null,
    makeFolder(path) {
      const parts = path.split("/").slice(1);
      for (let i = 1; i <= parts.length; i++) {
        const part = `/${parts.slice(0, i).join("/")}`;
        if (!world.names.has(part)) does({ kind: "folder", path: part });
      }
    },
    newFolder(path) {
      if (world.names.has(path)) return false;
      needFolder(parentOf(path));
      does({ kind: "folder", path });
      return true;
    },
    rename(from, to) {
      if (!world.names.has(from)) throw new DiskError("not_found", `there is no "${from}"`);
      needFolder(parentOf(to));
      does({ kind: "rename", from, to });
    },
    link(from, to) {
      needFolder(parentOf(to));
      does({ kind: "create", path: to, file: fileAt(from) });
    },
    remove(path) {
      if (world.names.has(path)) does({ kind: "remove", path });
    },
    async syncFolder(path) {
      needFolder(path);
      await ended({ kind: "synced_folder", path, upTo: ops.length });
    },
    lock(path) {
      if (locks.has(path)) return { holder: "" };
      locks.add(path);
      return { release: () => void locks.delete(path) };
    },
  };
}

function handle(file: number, world: World, does: (op: Op) => void, sync: () => Promise<void>): DiskFile {
  return {
    append(bytes) {
      does({ kind: "write", file, offset: contentOf(world, file).length, bytes: bytes.slice() });
      return bytes.length;
    },
    read(into, offset) {
      const part = contentOf(world, file).subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    size: () => contentOf(world, file).length,
    truncate: (size) => does({ kind: "truncate", file, size }),
    sync,
    close() {},
  };
}

/** Changes the world as the operation says; one that no longer fits (its folder was lost) changes nothing. */
export function applyOp(world: World, op: Op): void {
  switch (op.kind) {
    case "write":
      return put(world, op.file, op.offset, op.bytes);
    case "truncate": {
      const bytes = new Uint8Array(op.size);
      bytes.set(contentOf(world, op.file).subarray(0, op.size));
      return void world.files.set(op.file, bytes);
    }
    case "create":
      if (world.names.get(parentOf(op.path)) === null) world.names.set(op.path, op.file);
      return;
    case "folder":
      if (world.names.get(parentOf(op.path)) === null) world.names.set(op.path, null);
      return;
    case "rename":
      return rename(world, op.from, op.to);
    case "remove":
      for (const name of [...world.names.keys()]) {
        if (name === op.path || name.startsWith(`${op.path}/`)) world.names.delete(name);
      }
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function contentOf(world: World, file: number): Uint8Array {
  return world.files.get(file) ?? new Uint8Array(0);
}

function put(world: World, file: number, offset: number, bytes: Uint8Array): void {
  const old = contentOf(world, file);
  const grown = new Uint8Array(Math.max(old.length, offset + bytes.length));
  grown.set(old);
  grown.set(bytes, offset);
  world.files.set(file, grown);
}

function rename(world: World, from: string, to: string): void {
  if (!world.names.has(from) || world.names.get(parentOf(to)) !== null) return;
  for (const [name, file] of [...world.names]) {
    if (name !== from && !name.startsWith(`${from}/`)) continue;
    world.names.delete(name);
    world.names.set(to + name.slice(from.length), file);
  }
}

function childrenOf(world: World, path: string): string[] {
  return [...world.names.keys()].filter((name) => name !== path && parentOf(name) === path);
}
