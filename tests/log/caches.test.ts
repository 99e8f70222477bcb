import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { durableBlobsMax, makeDurableBlobs } from "../../src/log/blobs.ts";
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { openFaultDisk } from "../support/fault_disk.ts";
import { records } from "../support/log_records.ts";
import {
  fill,
  folderOf,
  newestSegment,
  reopened,
  saved,
  segmentsOf,
  smallLimits,
} from "../support/saved_log.ts";
import { openSimDisk, type SimDisk } from "../support/sim_disk.ts";

describe("snapshots on disk", () => {
  it("that are deleted or spoilt change nothing but time", async () => {
    const spoils: ((path: string) => void)[] = [
      (path) => rmSync(path),
      (path) => writeFileSync(path, ""),
      (path) => writeFileSync(path, readFileSync(path).subarray(0, 40)),
      (path) => writeFileSync(path, readFileSync(path, "utf8").replace('"seq":', '"sqe":')),
      (path) => writeFileSync(path, readFileSync(path, "utf8").replace('"offset":', '"offset":9')),
    ];
    for (const spoil of spoils) {
      const data = await saved(40, { snapshots: [20, 38] });
      spoil(`${folderOf(data)}/snapshots/${String(38).padStart(20, "0")}.json`);
      const { store, log } = await reopened(data);
      expect(log.report).toEqual({ records: 40, torn: null, damage: null });
      expect((await log.snapshot())?.seq).toBe(20);
      expect(await log.read(1, 99)).toEqual(records(1, 40));
      await log.append(1, 40, records(41, 1));
      await store.close();
    }
  });

  it("let a log be opened without reading what is before them", async () => {
    const disk = openSimDisk();
    const store = await openFileLog(disk, "/data", { limits: smallLimits });
    await fill(store, 60, { snapshots: [58] });
    const reads = countReads(disk);
    const log = await (await openFileLog(reads.disk, "/data", { limits: smallLimits })).open("s1");
    expect(log.durable).toBe(60);
    expect(reads.segments()).toEqual([newestSegment(disk.world)]);
  });
});

describe("snapshots that were copied from another log", () => {
  /** Of the same id and length as what `saved` makes, line for line; only the text is another. */
  const other = { text: "hallo" };

  it("are not used: the log is read from the start, and from its own older snapshot", async () => {
    const data = await saved(40, { snapshots: [20, 38] });
    const foreign = await saved(40, { snapshots: [20, 38], ...other });
    expect(segmentsOf(foreign).map(sizeOf)).toEqual(segmentsOf(data).map(sizeOf));
    copyFileSync(snapshotOf(foreign, 38), snapshotOf(data, 38));
    for (const own of [20, null]) {
      if (own === null) rmSync(snapshotOf(data, 20));
      const { store, log } = await reopened(data);
      expect(log.report).toEqual({ records: 40, torn: null, damage: null });
      expect((await log.snapshot())?.seq ?? null).toBe(own);
      expect(await log.read(1, 99)).toEqual(records(1, 40));
      await store.close();
    }
  });

  it("prove nothing about this one, though they stand beyond its end", async () => {
    const data = await saved(12, { snapshots: [3] });
    const foreign = await saved(40, { snapshots: [38], ...other });
    copyFileSync(snapshotOf(foreign, 38), snapshotOf(data, 38));
    for (const own of [3, null]) {
      if (own === null) rmSync(snapshotOf(data, 3));
      const { store, log } = await reopened(data);
      expect(log.report.damage).toBeNull();
      expect((await log.snapshot())?.seq ?? null).toBe(own);
      while (log.head < 40) await log.append(1, log.head, records(log.head + 1, 1));
      expect((await log.snapshot())?.seq ?? null).toBe(own);
      await store.close();
    }
  });

  it("are not used by an open log either", async () => {
    const data = await saved(40);
    const foreign = await saved(40, { snapshots: [38], ...other });
    const { store, log } = await reopened(data);
    await log.putSnapshot({ seq: 30, machineVersion: "m", state: 30 });
    copyFileSync(snapshotOf(foreign, 38), snapshotOf(data, 38));
    expect((await log.snapshot())?.seq).toBe(30);
    await store.close();
  });
});

describe("the first read after opening", () => {
  it("starts at the snapshot's record, not at the start of its segment", async () => {
    const disk = openSimDisk();
    const limits = { segmentBytes: 10_000_000, batchBytes: 100_000 };
    const store = await openFileLog(disk, "/data", { limits });
    let log = await store.create("s1", 1, records(1, 250));
    await log.putSnapshot({ seq: 240, machineVersion: "m", state: 240 });
    await log.close();
    let lowest = Infinity;
    const watched: Disk = {
      ...openSimDisk(disk.world),
      open(path, mode) {
        const file = disk.open(path, mode);
        if (!path.endsWith(".jsonl")) return file;
        const read = (into: Uint8Array, offset: number): number => {
          lowest = Math.min(lowest, offset);
          return file.read(into, offset);
        };
        return { ...file, read };
      },
    };
    log = await (await openFileLog(watched, "/data", { limits })).open("s1");
    expect((await log.snapshot())?.seq).toBe(240);
    expect(await log.read(241, 99)).toEqual(records(241, 10));
    expect(await log.read(240, 1)).toEqual(records(240, 1));
    expect(lowest).toBeGreaterThan(240 * 200);
    expect(await log.read(239, 2)).toEqual(records(239, 2));
    expect(await log.read(1, 999)).toEqual(records(1, 250));
  });
});

describe("blobs on disk", () => {
  it("that were spoilt are never handed out, and storing the same content mends them", async () => {
    const data = await saved(3);
    const { store, log } = await reopened(data);
    const bytes = new TextEncoder().encode("content");
    const name = await log.putBlob(bytes);
    const path = `${folderOf(data)}/blobs/${name}`;
    writeFileSync(path, "kontent");
    await expect(log.getBlob(name)).rejects.toMatchObject({ code: "log_damaged" });
    await log.putBlob(bytes);
    expect(await log.getBlob(name)).toEqual(bytes);
    expect(readdirSync(`${folderOf(data)}/blobs`)).toEqual([name]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.close();
  });
});

describe("a blob that is stored again", () => {
  it("costs the disk nothing while its log is open, and is made sure of anew in the next one", async () => {
    const touches = countTouches(openSimDisk());
    const store = await openFileLog(touches.disk, "/data");
    let log = await store.create("s1", 1, records(1, 1));
    const bytes = new TextEncoder().encode("head of every call");
    const name = await log.putBlob(bytes);
    const before = touches.count();
    expect(await log.putBlob(bytes)).toBe(name);
    expect(touches.count()).toBe(before);
    expect(await log.getBlob(name)).toEqual(bytes);
    await log.close();
    log = await store.open("s1");
    const reopened = touches.syncs();
    await log.putBlob(bytes);
    expect(touches.syncs()).toBe(reopened + 2);
    await store.close();
  });

  it("is made sure of again when the first attempt was not synced", async () => {
    const disk = openFaultDisk(openSimDisk());
    const touches = countTouches(disk);
    const store = await openFileLog(touches.disk, "/data");
    const log = await store.create("s1", 1, records(1, 1));
    const bytes = new TextEncoder().encode("content");
    for (const n of [1, 2, 2]) {
      disk.arm("sync", n);
      await expect(log.putBlob(bytes)).rejects.toMatchObject({ code: "storage_failed" });
      disk.disarm();
    }
    const before = touches.syncs();
    await log.putBlob(bytes);
    expect(touches.syncs()).toBe(before + 2);
    await store.close();
  });

  it("is not taken for stored while its syncs still run", async () => {
    const store = await openFileLog(openSimDisk(undefined, () => 20), "/data");
    const log = await store.create("s1", 1, records(1, 1));
    const order: string[] = [];
    const bytes = new TextEncoder().encode("content");
    const first = log.putBlob(bytes).then(() => order.push("first"));
    for (let turn = 0; turn < 25; turn++) await Promise.resolve();
    await Promise.all([first, log.putBlob(bytes).then(() => order.push("second"))]);
    expect(order).toEqual(["first", "second"]);
    await store.close();
  });

  it("is remembered up to a number of names, the newest ones", () => {
    const known = makeDurableBlobs();
    for (let n = 0; n <= durableBlobsMax; n++) known.add(`sha256-${n}`);
    expect(known.has("sha256-0")).toBe(false);
    expect(known.has("sha256-1")).toBe(true);
    expect(known.has(`sha256-${durableBlobsMax}`)).toBe(true);
  });
});

/** Counts every call of a disk and of its files. */
function countTouches(inner: Disk) {
  let count = 0;
  let syncs = 0;
  const touch = <T>(value: T): T => {
    count += 1;
    return value;
  };
  const disk: Disk = {
    ...inner,
    open(path, mode) {
      const file = inner.open(path, mode);
      return touch({
        ...file,
        sync: () => {
          syncs += 1;
          return touch(file.sync());
        },
      });
    },
    stat: (path) => touch(inner.stat(path)),
    list: (path) => touch(inner.list(path)),
    makeFolder: (path) => touch(inner.makeFolder(path)),
    syncFolder: (path) => {
      syncs += 1;
      return touch(inner.syncFolder(path));
    },
  };
  return { disk, count: () => count, syncs: () => syncs };
}

const sizeOf = (path: string): number => statSync(path).size;

function snapshotOf(data: string, seq: number): string {
  return `${folderOf(data)}/snapshots/${String(seq).padStart(20, "0")}.json`;
}

function countReads(disk: SimDisk) {
  const opened = new Set<string>();
  return {
    disk: {
      ...openSimDisk(disk.world),
      open(path: string, mode: "read" | "append" | "create") {
        if (path.endsWith(".jsonl")) opened.add(path.split("/").pop() ?? "");
        return disk.open(path, mode);
      },
    },
    segments: () => [...opened],
  };
}
