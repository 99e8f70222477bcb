// The crash-point explorer: runs a workload of the real file log on a simulated disk, then crashes it before every
// operation with every tail shape, opens what is left with the real file log and checks what was promised.
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { crashImage, type Random, seededRandom, type TailShape, tailShapes } from "../support/crash_image.ts";
import { type FaultDisk, openFaultDisk } from "../support/fault_disk.ts";
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
const turnsMax = 24;
/** Mostly few, sometimes many, so that a sync which nobody waits for is still under way after the others. */
const syncTurnsMax = 200;
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
    const disk = openSimDisk(undefined, () => 1 + Math.floor(random() * random() * syncTurnsMax));
    const submitted = await workload(disk, random, options.wrap);
    for (let at = 0; at <= disk.ops.length && found.images < options.images; at++) {
      for (const shape of tailShapes) await crash(found, { disk, submitted, at, shape, seed });
    }
  }
  return found;
}

/** By session: the records that were ever handed to the log, as text. */
type Submitted = Map<string, Set<string>>;

interface CrashPoint {
  disk: SimDisk;
  submitted: Submitted;
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
  /** By session: the records that were acknowledged, in order. */
  acknowledged: Map<string, string[]>;
  refused: Set<string>;
  blobs: { session: string; name: string }[];
}

function promisesBefore(ops: readonly Op[], at: number): Promises {
  const promises: Promises = { acknowledged: new Map(), refused: new Set(), blobs: [] };
  for (const op of ops.slice(0, at)) {
    if (op.kind !== "note") continue;
    const { note } = op;
    if (note.what === "blob") promises.blobs.push(note);
    else if (note.what === "refused") { for (const text of note.texts) promises.refused.add(text); }
    else {
      const before = promises.acknowledged.get(note.session) ?? [];
      promises.acknowledged.set(note.session, [...before, ...note.texts]);
    }
  }
  return promises;
}

/** Opens the image and looks at everything; says what is broken. With `random`, recovery is crashed once and done again. */
async function check(
  image: World,
  promises: Promises,
  submitted: Submitted,
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
  submitted: Submitted,
): Promise<string | null> {
  const ids = await store.list();
  for (const session of promises.acknowledged.keys()) {
    if (!ids.includes(session)) return `acknowledged session ${session} is gone`;
  }
  for (const id of ids) {
    const log = await store.open(id);
    const broken = await checkLog(log, {
      acknowledged: promises.acknowledged.get(id) ?? [],
      refused: promises.refused,
      submitted: submitted.get(id) ?? new Set(),
    });
    if (broken !== null) return `session ${id}: ${broken}`;
    for (const blob of promises.blobs) if (blob.session === id) await log.getBlob(blob.name);
    await log.close();
  }
  return null;
}

async function checkLog(
  log: SessionLog,
  expected: { acknowledged: string[]; refused: Set<string>; submitted: Set<string> },
): Promise<string | null> {
  const { damage } = log.report;
  if (damage !== null) return `false damage at record ${damage.seq}: ${damage.reason}`;
  if (log.durable < expected.acknowledged.length) {
    return `record ${expected.acknowledged.length} was acknowledged, ${log.durable} are left`;
  }
  const read = await log.read(1, Number.MAX_SAFE_INTEGER);
  if (read.length !== log.durable) return `${read.length} records of ${log.durable} can be read`;
  for (const [i, one] of read.entries()) {
    // What an earlier check appended, before a second crash.
    if (one.type === "session.owned") continue;
    const text = JSON.stringify(one);
    const acknowledged = expected.acknowledged[i];
    if (acknowledged !== undefined && text !== acknowledged) {
      return `record ${i + 1} is not what was acknowledged`;
    }
    if (!expected.submitted.has(text)) return `record ${i + 1} is not what was appended`;
    if (expected.refused.has(text)) return `record ${i + 1} is there though its appender was refused`;
  }
  const next: LogRecord = { ...record(log.head + 1, 99), type: "session.owned" };
  await log.append(99, log.head, [next]);
  const [back] = await log.read(next.seq, 1);
  return back?.seq === next.seq ? null : "a record appended after the crash cannot be read";
}

interface Workload {
  disk: SimDisk;
  /** Between the log and the disk: makes single writes fail. */
  faults: FaultDisk;
  random: Random;
  submitted: Submitted;
  /** Makes every record ever handed over a different one. */
  serial: number;
  epoch: number;
  /** Records of session "a" that were noted as acknowledged. */
  noted: number;
}

/** A few dozen operations of every kind. Returns what was handed to each session. */
async function workload(
  disk: SimDisk,
  random: Random,
  wrap: ((disk: SimDisk) => Disk) | undefined,
): Promise<Submitted> {
  const faults = openFaultDisk(wrap?.(disk) ?? disk);
  const work: Workload = { disk, faults, random, submitted: new Map(), serial: 0, epoch: 1, noted: 0 };
  let store = await openFileLog(faults, dataFolder, { limits });
  const first = records(1, 2);
  work.submitted.set("a", new Set(first.map(textOf)));
  let log = await store.create("a", 1, first);
  noteAcknowledged(work, "a", first.map(textOf));
  for (let step = 0; step < 14; step++) {
    const dice = random();
    if (dice < 0.6) await appendSeveral(log, work, { faulty: dice < 0.12 });
    else if (dice < 0.68) await log.mark();
    else if (dice < 0.76) {
      const name = await log.putBlob(new Uint8Array(600).fill(step));
      disk.note({ what: "blob", session: "a", name });
    } else if (dice < 0.84) await log.putSnapshot({ seq: log.durable, machineVersion: "m", state: { step } });
    else if (dice < 0.92) ({ store, log } = await killAndReopen(log, work, wrap));
    else {
      await log.close();
      log = await store.open("a");
      work.epoch += 1;
    }
  }
  await forkAndGoOn(store, log, work);
  await log.close();
  await store.close();
  return work.submitted;
}

/**
 * The process dies in the middle of appends; another opens the log while all is still in the page cache. What that
 * one finds durable it shows to people: from then on it has to survive a power cut.
 */
async function killAndReopen(
  log: SessionLog,
  work: Workload,
  wrap: ((disk: SimDisk) => Disk) | undefined,
): Promise<{ store: LogStore; log: SessionLog }> {
  for (let i = 0; i < 3; i++) {
    void appendNoted(log, work);
    await someTurns(work.random);
  }
  work.faults.kill();
  work.disk.processDied();
  work.faults = openFaultDisk(wrap?.(work.disk) ?? work.disk);
  work.epoch += 1;
  const store = await openFileLog(work.faults, dataFolder, { limits });
  const again = await store.open("a");
  const texts = (await again.read(work.noted + 1, again.durable)).map(textOf);
  noteAcknowledged(work, "a", texts);
  return { store, log: again };
}

/** Appends several batches at once; some write in the course of it fails when that is asked for. */
async function appendSeveral(log: SessionLog, work: Workload, options: { faulty: boolean }): Promise<void> {
  const { random, faults } = work;
  if (options.faulty) faults.arm(random() < 0.5 ? "short_write" : "no_space", 1 + Math.floor(random() * 3));
  const rounds = 1 + Math.floor(random() * 5);
  await Promise.all(Array.from({ length: rounds }, async (_, i) => {
    if (i > 0) await someTurns(random);
    await appendNoted(log, work);
  }));
  faults.disarm();
}

/** So that appends come before, while and after others are gathered, written and synced. */
async function someTurns(random: Random): Promise<void> {
  for (let left = Math.floor(random() * turnsMax); left > 0; left--) await Promise.resolve();
}

async function forkAndGoOn(store: LogStore, log: SessionLog, work: Workload): Promise<void> {
  const at = 1 + Math.floor(work.random() * log.durable);
  const texts = (await log.read(1, at)).map(textOf);
  work.submitted.set("b", new Set(texts));
  const fork = await store.fork(log, at, "b");
  noteAcknowledged(work, "b", texts);
  work.epoch += 1;
  await appendNoted(fork, work);
  await fork.close();
}

async function appendNoted(log: SessionLog, work: Workload): Promise<void> {
  const count = 1 + Math.floor(work.random() * 3);
  const filling = `${work.serial++} ${"t".repeat(Math.floor(work.random() * 400))}`;
  const more = records(log.head + 1, count, work.epoch, filling);
  const texts = more.map(textOf);
  const { faults } = work;
  for (const text of texts) work.submitted.get(log.sessionId)?.add(text);
  try {
    await log.append(work.epoch, log.head, more);
    if (faults === work.faults) noteAcknowledged(work, log.sessionId, texts);
  } catch (error) {
    // A process that was killed in between tells nobody anything.
    if (faults !== work.faults) return;
    if (!(error instanceof Problem) || error.code !== "storage_failed") throw error;
    work.disk.note({ what: "refused", session: log.sessionId, texts });
  }
}

function noteAcknowledged(work: Workload, session: string, texts: string[]): void {
  if (session === "a") work.noted += texts.length;
  work.disk.note({ what: "acknowledged", session, texts });
}

/** With the fields in the order in which records come back. */
function textOf(one: LogRecord): string {
  const { seq, at, actor, type, v, data, id, post, epoch, effects } = one;
  return JSON.stringify({ seq, at, actor, type, v, data, id, post, epoch, effects });
}
