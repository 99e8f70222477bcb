// The crash-point explorer: runs a workload of the real file log on a simulated disk, then crashes it before every
// operation with every tail shape, opens what is left with the real file log and checks what was promised.
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { crashImage, type Random, seededRandom, type TailShape, tailShapes } from "../support/crash_image.ts";
import { record } from "../support/log_records.ts";
import { type Op, openSimDisk, type SimDisk, type World } from "../support/sim_disk.ts";
import { dataFolder, limits, type Submitted, workload } from "./crash_workload.ts";

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

const examplesMax = 5;
/** Mostly few, sometimes many, so that a sync which nobody waits for is still under way after the others. */
const syncTurnsMax = 200;
/** One image in so many is crashed a second time, while it recovers. */
const secondCrashEvery = 4;

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
