// What a disk may hold after a crash: all that was synced, and of the rest whatever the shape says.
import { applyOp, contentOf, emptyWorld, type Op, parentOf, type World } from "./sim_disk.ts";

/** A source of random numbers in [0, 1) that gives the same for the same seed. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/** How unsynced operations fare. Names are lost or not as a whole; bytes can be lost in parts. */
export const tailShapes = [
  "nothing_survives",
  "all_survives",
  "prefix",
  "byte_prefix",
  "sectors_lost",
  "zero_filled",
  "garbage_tail",
  "names_lost",
  "bytes_lost",
  "each_by_chance",
] as const;
export type TailShape = (typeof tailShapes)[number];

const sectorBytes = 512;

/** The world that a crash before operation `at` may leave behind. */
export function crashImage(
  ops: readonly Op[],
  at: number,
  tail: { shape: TailShape; random: Random; base?: World },
): World {
  const world = copyWorld(tail.base ?? emptyWorld());
  const unsynced = unsyncedBefore(ops, at);
  const cut = Math.floor(tail.random() * (unsynced.size + 1));
  let passed = 0;
  for (let i = 0; i < at; i++) {
    const op = ops[i];
    if (op === undefined) break;
    if (!unsynced.has(i)) applyOp(world, op);
    else survive(world, op, { ...tail, order: passed++ - cut });
  }
  return world;
}

/** Indexes of the operations that no finished sync covers. */
function unsyncedBefore(ops: readonly Op[], at: number): Set<number> {
  const files = new Map<number, number>();
  const folders = new Map<string, number>();
  for (const op of ops.slice(0, at)) {
    if (op.kind === "synced") files.set(op.file, Math.max(op.upTo, files.get(op.file) ?? 0));
    if (op.kind === "synced_folder") folders.set(op.path, Math.max(op.upTo, folders.get(op.path) ?? 0));
  }
  const unsynced = new Set<number>();
  for (let i = 0; i < at; i++) {
    const op = ops[i];
    if (op === undefined || op.kind === "note" || op.kind === "synced" || op.kind === "synced_folder") {
      continue;
    }
    if ("file" in op && op.kind !== "create") {
      if ((files.get(op.file) ?? 0) <= i) unsynced.add(i);
      continue;
    }
    const parents = op.kind === "rename" ? [parentOf(op.from), parentOf(op.to)] : [parentOf(op.path)];
    if (parents.every((parent) => (folders.get(parent) ?? 0) <= i)) unsynced.add(i);
  }
  return unsynced;
}

/** `order` counts from the cut: negative before it, 0 for the operation that the crash hit. */
function survive(
  world: World,
  op: Op,
  tail: { shape: TailShape; random: Random; order: number },
): void {
  const { shape, random, order } = tail;
  const isBytes = op.kind === "write" || op.kind === "truncate";
  switch (shape) {
    case "nothing_survives":
      return;
    case "all_survives":
      return applyOp(world, op);
    case "prefix":
      return order < 0 ? applyOp(world, op) : undefined;
    case "byte_prefix":
      if (order < 0 || (order === 0 && !isBytes)) return applyOp(world, op);
      return order === 0 && op.kind === "write" ? applyOp(world, shorten(op, random)) : undefined;
    case "sectors_lost":
      return op.kind === "write" ? loseSectors(world, op, random) : applyOp(world, op);
    case "zero_filled":
      return applyOp(world, op.kind === "write" ? { ...op, bytes: new Uint8Array(op.bytes.length) } : op);
    case "garbage_tail":
      return applyOp(world, op.kind === "write" ? garble(op, random) : op);
    case "names_lost":
      return isBytes ? applyOp(world, op) : undefined;
    case "bytes_lost":
      return isBytes ? undefined : applyOp(world, op);
    case "each_by_chance":
      if (random() < 0.5) applyOp(world, op.kind === "write" && random() < 0.3 ? shorten(op, random) : op);
  }
}

type Write = Extract<Op, { kind: "write" }>;

function shorten(op: Write, random: Random): Write {
  return { ...op, bytes: op.bytes.subarray(0, Math.floor(random() * (op.bytes.length + 1))) };
}

function garble(op: Write, random: Random): Write {
  const from = Math.floor(random() * op.bytes.length);
  return { ...op, bytes: op.bytes.map((byte, i) => i < from ? byte : Math.floor(random() * 256)) };
}

/** The length is there, but some sectors hold what they held before. */
function loseSectors(world: World, op: Write, random: Random): void {
  const old = contentOf(world, op.file);
  const bytes = op.bytes.slice();
  for (let sector = Math.floor(op.offset / sectorBytes);; sector++) {
    const from = Math.max(0, sector * sectorBytes - op.offset);
    const to = Math.min(bytes.length, (sector + 1) * sectorBytes - op.offset);
    if (from >= bytes.length) break;
    if (random() < 0.5) continue;
    for (let i = from; i < to; i++) bytes[i] = old[op.offset + i] ?? 0;
  }
  applyOp(world, { ...op, bytes });
}

function copyWorld(world: World): World {
  // Contents are replaced, never changed in place, so that sharing them is safe.
  return { names: new Map(world.names), files: new Map(world.files) };
}
