// The crash-point explorer: runs a workload of the real file log on a simulated disk, then crashes it before every
// operation with every tail shape, opens what is left with the real file log and checks what was promised.
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { crashImage, type Random, seededRandom, type TailShape, tailShapes } from "../support/crash_image.ts";
import { record, records } from "../support/log_records.ts";
import { type Op, openSimDisk, type SimDisk, type World } from "../support/sim_disk.ts";

export interface Exploration {
  images: number;
  seeds: number[];
  /** Broken promises, the first few in words that say how to get there again. */
  violations: number;
  examples: string[];
}

export interface ExploreOptions {
  images: number;
  seed: number;
  /** Puts something between the log and the disk, to see that a broken protocol is found out. */
  wrap?(disk: SimDisk): Disk;
}

const dataFolder = "/data";
const examplesMax = 5;
/** One image in so many is crashed a second time, while it recovers. */
const secondCrashEvery = 4;
/** Small segments, so that a short workload starts several. */
const limits = { segmentBytes: 2500, batchBytes: 1500 };

/** Explores until so many images have been checked. */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const found: Exploration = { images: 0, seeds: [], violations: 0, examples: [] };
  for (let seed = options.seed; found.images < options.images; seed++) {
    found.seeds.push(seed);
    const random = seededRandom(seed);
    const disk = openSimDisk(undefined, () => 1 + Math.floor(random() * 4));
    const submitted = await workload(disk, random, options.wrap);
    for (let at = 0; at <= disk.ops.length && found.images < options.images; at++) {
      for (const shape of tailShapes) await crash(found, { disk, submitted, at, shape, seed });
    }
  }
  return found;
}

interface CrashPoint {
  disk: SimDisk;
  submitted: Map<string, string[]>;
  at: number;
  shape: TailShape;
  seed: number;
}

async function crash(found: Exploration, point: CrashPoint): Promise<void> {
  const { disk, at, shape, seed } = point;
  const random = seededRandom(seed * 1_000_003 + at * 31 + tailShapes.indexOf(shape));
  const promises = promisesBefore(disk.ops, at);
  const image = crashImage(disk.ops, at, { shape, random });
  const again = found.images % secondCrashEvery === 0;
  const broken = await check(image, promises, point.submitted, again ? random : null);
  found.images += again ? 2 : 1;
  if (broken === null) return;
  found.violations += 1;
  if (found.examples.length < examplesMax) {
    found.examples.push(`seed ${seed}, operation ${at}, shape ${shape}: ${broken}`);
  }
}

interface Promises {
  acknowledged: Map<string, number>;
  blobs: { session: string; name: string }[];
}

function promisesBefore(ops: readonly Op[], at: number): Promises {
  const promises: Promises = { acknowledged: new Map(), blobs: [] };
  for (const op of ops.slice(0, at)) {
    if (op.kind !== "note") continue;
    if (op.note.what === "blob") promises.blobs.push(op.note);
    else {
      const before = promises.acknowledged.get(op.note.session) ?? 0;
      promises.acknowledged.set(op.note.session, Math.max(before, op.note.seq));
    }
  }
  return promises;
}

/** Opens the image and looks at everything; says what is broken. With `random`, recovery is crashed once and done again. */
async function check(
  image: World,
  promises: Promises,
  submitted: Map<string, string[]>,
  random: Random | null,
): Promise<string | null> {
  const base = random === null ? image : { names: new Map(image.names), files: new Map(image.files) };
  const disk = openSimDisk(image);
  try {
    const broken = await checkStore(await openFileLog(disk, dataFolder, { limits }), promises, submitted);
    if (broken !== null || random === null) return broken;
    const shape = tailShapes[Math.floor(random() * tailShapes.length)] ?? "prefix";
    const at = Math.floor(random() * disk.ops.length);
    const second = crashImage(disk.ops, at, { shape, random, base });
    const store = await openFileLog(openSimDisk(second), dataFolder, { limits });
    const brokenThen = await checkStore(store, promises, submitted);
    return brokenThen === null
      ? null
      : `after a second crash before operation ${at} (${shape}): ${brokenThen}`;
  } catch (error) {
    return `${error instanceof Problem ? error.code : "bug"}: ${messageOf(error)}`;
  }
}

async function checkStore(
  store: LogStore,
  promises: Promises,
  submitted: Map<string, string[]>,
): Promise<string | null> {
  const ids = await store.list();
  for (const session of promises.acknowledged.keys()) {
    if (!ids.includes(session)) return `acknowledged session ${session} is gone`;
  }
  for (const id of ids) {
    const log = await store.open(id);
    const broken = await checkLog(log, {
      acknowledged: promises.acknowledged.get(id) ?? 0,
      submitted: submitted.get(id) ?? [],
    });
    if (broken !== null) return `session ${id}: ${broken}`;
    for (const blob of promises.blobs) if (blob.session === id) await log.getBlob(blob.name);
    await log.close();
  }
  return null;
}

async function checkLog(
  log: SessionLog,
  expected: { acknowledged: number; submitted: string[] },
): Promise<string | null> {
  const { damage } = log.report;
  if (damage !== null) return `false damage at record ${damage.seq}: ${damage.reason}`;
  if (log.durable < expected.acknowledged) {
    return `record ${expected.acknowledged} was acknowledged, ${log.durable} are left`;
  }
  const read = await log.read(1, Number.MAX_SAFE_INTEGER);
  if (read.length !== log.durable) return `${read.length} records of ${log.durable} can be read`;
  for (const [i, one] of read.entries()) {
    // What an earlier check appended, before a second crash.
    if (one.type === "session.owned") continue;
    if (JSON.stringify(one) !== expected.submitted[i]) return `record ${i + 1} is not what was appended`;
  }
  const next: LogRecord = { ...record(log.head + 1, 99), type: "session.owned" };
  await log.append(99, log.head, [next]);
  const [back] = await log.read(next.seq, 1);
  return back?.seq === next.seq ? null : "a record appended after the crash cannot be read";
}

/** A few dozen operations of every kind. Returns what was submitted to each session, in order, as text. */
async function workload(
  disk: SimDisk,
  random: Random,
  wrap: ((disk: SimDisk) => Disk) | undefined,
): Promise<Map<string, string[]>> {
  const store = await openFileLog(wrap?.(disk) ?? disk, dataFolder, { limits });
  const submitted = new Map<string, string[]>();
  let log = await createNoted(store, { disk, submitted, session: "a" });
  let epoch = 1;
  for (let step = 0; step < 14; step++) {
    const dice = random();
    if (dice < 0.55) {
      const rounds = 1 + Math.floor(random() * 5);
      await Promise.all(
        Array.from({ length: rounds }, () => appendNoted(log, { disk, submitted, random, epoch })),
      );
    } else if (dice < 0.65) await log.mark();
    else if (dice < 0.75) {
      const name = await log.putBlob(new Uint8Array(600).fill(step));
      disk.note({ what: "blob", session: "a", name });
    } else if (dice < 0.85) await log.putSnapshot({ seq: log.durable, machineVersion: "m", state: { step } });
    else {
      await log.close();
      log = await store.open("a");
      epoch += 1;
    }
  }
  const at = 1 + Math.floor(random() * log.durable);
  submitted.set("b", (submitted.get("a") ?? []).slice(0, at));
  const fork = await store.fork(log, at, "b");
  disk.note({ what: "acknowledged", session: "b", seq: at });
  await appendNoted(fork, { disk, submitted, random, epoch: epoch + 1 });
  await fork.close();
  await log.close();
  await store.close();
  return submitted;
}

async function createNoted(
  store: LogStore,
  into: { disk: SimDisk; submitted: Map<string, string[]>; session: string },
): Promise<SessionLog> {
  const first = records(1, 2);
  into.submitted.set(into.session, first.map((one) => JSON.stringify(inFileOrder(one))));
  const log = await store.create(into.session, 1, first);
  into.disk.note({ what: "acknowledged", session: into.session, seq: 2 });
  return log;
}

async function appendNoted(
  log: SessionLog,
  into: { disk: SimDisk; submitted: Map<string, string[]>; random: Random; epoch: number },
): Promise<void> {
  const count = 1 + Math.floor(into.random() * 3);
  const more = records(log.head + 1, count, into.epoch, "t".repeat(Math.floor(into.random() * 400)));
  into.submitted.get(log.sessionId)?.push(...more.map((one) => JSON.stringify(inFileOrder(one))));
  const end = log.head + count;
  await log.append(into.epoch, log.head, more);
  into.disk.note({ what: "acknowledged", session: log.sessionId, seq: end });
}

/** The order of fields in which records come back. */
function inFileOrder(one: LogRecord): LogRecord {
  const { seq, at, actor, type, v, data, id, ends, during, drops, post, epoch, effects } = one;
  return { seq, at, actor, type, v, data, id, ends, during, drops, post, epoch, effects };
}
