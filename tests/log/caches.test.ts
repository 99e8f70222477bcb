import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { durableBlobsMax, makeDurableBlobs } from "../../src/log/blobs.ts";
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { openFaultDisk } from "../support/fault_disk.ts";
import { records } from "../support/log_records.ts";
import { fill, folderOf, newestSegment, reopened, saved, smallLimits } from "../support/saved_log.ts";
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
