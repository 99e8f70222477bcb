// Logs on real and simulated disks that tests then spoil.
import { readdirSync } from "node:fs";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { segmentName } from "../../src/log/names.ts";
import type { LogStore, SessionLog } from "../../src/log/port.ts";
import { dataFolder } from "./data_folder.ts";
import { records } from "./log_records.ts";
import type { World } from "./sim_disk.ts";

/** Small, so that a few dozen records fill several segments. */
export const smallLimits = { segmentBytes: 3000, batchBytes: 1500 };

export interface SavedOptions {
  snapshots?: number[];
  text?: string;
}

/** A data folder with one closed session "s1" of so many records, appended three at a time. */
export async function saved(count: number, options: SavedOptions = {}): Promise<string> {
  const data = dataFolder();
  const store = await openFileLog(openDenoDisk(), data, { limits: smallLimits });
  await fill(store, count, options);
  await store.close();
  return data;
}

export async function fill(store: LogStore, count: number, options: SavedOptions = {}): Promise<void> {
  const log = await store.create("s1", 1, records(1, 1, 1, options.text));
  while (log.head < count) {
    const more = records(log.head + 1, Math.min(3, count - log.head), 1, options.text);
    await log.append(1, log.head, more);
  }
  for (const seq of options.snapshots ?? []) {
    await log.putSnapshot({ seq, machineVersion: "m", state: { seq } });
  }
  await log.close();
}

export async function reopened(data: string): Promise<{ store: LogStore; log: SessionLog }> {
  const store = await openFileLog(openDenoDisk(), data, { limits: smallLimits });
  return { store, log: await store.open("s1") };
}

export const folderOf = (data: string): string => `${data}/sessions/s1`;

export function segmentsOf(data: string): string[] {
  const names = readdirSync(folderOf(data)).filter((name) => name.endsWith(".jsonl"));
  return names.sort().map((name) => `${folderOf(data)}/${name}`);
}

/** Offsets behind every line. */
export function lineEnds(bytes: Uint8Array): number[] {
  const ends: number[] = [];
  for (const [i, byte] of bytes.entries()) if (byte === 0x0a) ends.push(i + 1);
  return ends;
}

export function contentAt(world: World, path: string): Uint8Array {
  return world.files.get(Number(world.names.get(path))) ?? new Uint8Array(0);
}

export function setContent(world: World, path: string, bytes: Uint8Array): void {
  world.files.set(Number(world.names.get(path)), bytes);
}

export function copyOf(world: World): World {
  return { names: new Map(world.names), files: new Map(world.files) };
}

/** File name of the segment that is written to. */
export function newestSegment(world: World): string {
  const firsts = [...world.names.keys()].map((name) => Number(/(\d{20})\.jsonl$/.exec(name)?.[1] ?? 0));
  return segmentName(Math.max(...firsts));
}
