// What the crash explorer has a log do: appends, blobs, snapshots, kills, forks, and faults, noting what was promised.
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import { Problem } from "../../src/protocol/problem.ts";
import type { Random } from "../support/crash_image.ts";
import { type FaultDisk, openFaultDisk } from "../support/fault_disk.ts";
import { records } from "../support/log_records.ts";
import type { SimDisk } from "../support/sim_disk.ts";

export const dataFolder = "/data";
/** Small segments, so that a short workload starts several. */
export const limits = { segmentBytes: 2500, batchBytes: 1500 };
const turnsMax = 24;

/** By session: the records that were ever handed to the log, as text. */
export type Submitted = Map<string, Set<string>>;

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
export async function workload(
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
