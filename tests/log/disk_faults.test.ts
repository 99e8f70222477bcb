import { describe, expect, it } from "vitest";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { type Disk, DiskError } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { SessionLog } from "../../src/log/port.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { type Fault, openFaultDisk } from "../support/fault_disk.ts";
import { dataFolder } from "../support/data_folder.ts";
import { records } from "../support/log_records.ts";

const limits = { segmentBytes: 2000, batchBytes: 1000 };
const operationsMax = 200;

/** Appends one by one, then several at once; says how many were acknowledged and how the first refusal reads. */
async function work(log: SessionLog): Promise<{ acknowledged: number; refusals: Problem[] }> {
  const refusals: Problem[] = [];
  let acknowledged = log.durable;
  const put = async (): Promise<void> => {
    const before = log.head;
    try {
      await log.append(1, before, records(before + 1, 2));
      acknowledged = Math.max(acknowledged, before + 2);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusals.push(error);
    }
  };
  for (let i = 0; i < 5; i++) await put();
  await log.mark();
  await Promise.all(Array.from({ length: 6 }, put));
  return { acknowledged, refusals };
}

describe.each<Fault>(["no_space", "io", "short_write"])("a disk that fails once (%s)", (fault) => {
  it("refuses the append, keeps what was acknowledged, and takes appends again", async () => {
    let n = 1;
    for (;; n++) {
      const data = dataFolder();
      const disk = openFaultDisk(openDenoDisk());
      let store = await openFileLog(disk, data, { limits });
      let log = await store.create("s1", 1, records(1, 1));
      disk.arm(fault, n);
      const { acknowledged, refusals } = await work(log);
      const struck = disk.struck;
      disk.disarm();
      expect(refusals.every((problem) => problem.code === "storage_failed")).toBe(true);
      expect(log.durable).toBe(acknowledged);
      expect(await log.read(1, 999)).toEqual(records(1, acknowledged));
      await log.append(1, log.head, records(log.head + 1, 3));
      await log.close();
      await store.close();
      store = await openFileLog(disk, data, { limits });
      log = await store.open("s1");
      expect(log.report).toEqual({ records: acknowledged + 3, torn: null, damage: null });
      expect(await log.read(1, 999)).toEqual(records(1, acknowledged + 3));
      await log.close();
      await store.close();
      if (!struck || n > operationsMax) break;
    }
    expect(n).toBeGreaterThan(8);
    expect(n).toBeLessThan(operationsMax);
  });
});

describe("a sync that fails", () => {
  it("ends writing until the log is opened anew, is never retried, and loses nothing acknowledged", async () => {
    let n = 1;
    for (;; n++) {
      const data = dataFolder();
      const disk = openFaultDisk(openDenoDisk());
      let store = await openFileLog(disk, data, { limits });
      let log = await store.create("s1", 1, records(1, 1));
      disk.arm("sync", n);
      const { acknowledged, refusals } = await work(log);
      if (!disk.struck) break;
      expect(refusals.length).toBeGreaterThan(0);
      await expect(log.append(1, log.head, records(log.head + 1, 1))).rejects.toMatchObject({
        code: "storage_failed",
      });
      expect(await log.read(1, 999)).toEqual(records(1, acknowledged));
      await log.mark();
      await log.close();
      expect(disk.syncRetries).toBe(0);
      await store.close();
      disk.disarm();
      store = await openFileLog(disk, data, { limits });
      log = await store.open("s1");
      expect(log.report.damage).toBeNull();
      expect(log.durable).toBeGreaterThanOrEqual(acknowledged);
      await log.append(1, log.head, records(log.head + 1, 1));
      await log.close();
      await store.close();
      expect(n).toBeLessThan(operationsMax);
    }
    expect(n).toBeGreaterThan(8);
  });
});

describe("a failed write that cannot be taken back", () => {
  it("ends writing until the log is opened anew, which sorts out what is left", async () => {
    const data = dataFolder();
    const disk = openDenoDisk();
    const halfway: Disk = {
      ...disk,
      open(path, mode) {
        const file = disk.open(path, mode);
        const refuse = (): never => {
          throw new DiskError("io", "I/O error");
        };
        const append = (bytes: Uint8Array): never => {
          file.append(bytes.subarray(0, bytes.length - 5));
          return refuse();
        };
        return mode === "append" ? { ...file, append, truncate: refuse } : file;
      },
    };
    let store = await openFileLog(disk, data);
    let log = await store.create("s1", 1, records(1, 3));
    await log.close();
    await store.close();
    store = await openFileLog(halfway, data);
    log = await store.open("s1");
    await expect(log.append(1, 3, records(4, 1))).rejects.toMatchObject({ code: "storage_failed" });
    await expect(log.append(1, 3, records(4, 1))).rejects.toThrow(
      "any more: a failed write could not be taken back",
    );
    expect(await log.read(1, 9)).toEqual(records(1, 3));
    await log.close();
    await store.close();
    store = await openFileLog(disk, data);
    log = await store.open("s1");
    expect(log.report.torn?.bytes).toBeGreaterThan(100);
    await log.append(1, 3, records(4, 1));
    expect(await log.read(1, 9)).toEqual(records(1, 4));
    await store.close();
  });
});

describe("a disk that stays full", () => {
  it("still serves what is there, and opens a log with a torn tail for reading", async () => {
    const data = dataFolder();
    const disk = openFaultDisk(openDenoDisk());
    let store = await openFileLog(disk, data);
    let log = await store.create("s1", 1, records(1, 5));
    await log.close();
    await store.close();
    const segment = `${data}/sessions/s1/00000000000000000001.jsonl`;
    Deno.writeTextFileSync(segment, '{"_":"torn', { append: true });
    store = await openFileLog(disk, data);
    disk.arm("no_space", 1, true);
    log = await store.open("s1");
    expect(await log.read(1, 99)).toEqual(records(1, 5));
    await expect(log.append(1, 5, records(6, 1))).rejects.toMatchObject({ code: "storage_failed" });
    await expect(store.create("s2", 1, records(1, 1))).rejects.toMatchObject({ code: "storage_failed" });
    await expect(log.putBlob(new Uint8Array(9))).rejects.toMatchObject({ code: "storage_failed" });
    await expect(log.putSnapshot({ seq: 5, machineVersion: "m", state: 1 })).rejects.toMatchObject({
      code: "storage_failed",
    });
    await expect(store.fork(log, 3, "s3")).rejects.toMatchObject({ code: "storage_failed" });
    disk.disarm();
    expect(await store.list()).toEqual(["s1"]);
    await log.close();
    log = await store.open("s1");
    expect(log.report.torn?.bytes).toBe(10);
    await log.append(1, 5, records(6, 1));
    await log.close();
    await store.close();
  });

  it("a session whose creation fails at any operation is not there, and can be created afterwards", async () => {
    for (const fault of ["no_space", "io", "short_write", "sync"] as const) {
      for (let n = 1; n < operationsMax; n++) {
        const disk = openFaultDisk(openDenoDisk());
        const store = await openFileLog(disk, dataFolder());
        disk.arm(fault, n);
        const outcome = await store.create("s1", 1, records(1, 2)).then((log) => log.close(), messageOf);
        const struck = disk.struck;
        disk.disarm();
        expect(await store.list()).toEqual(outcome === undefined ? ["s1"] : []);
        if (outcome !== undefined) await (await store.create("s1", 1, records(1, 2))).close();
        await store.close();
        if (!struck) break;
        expect(n).toBeLessThan(20);
      }
    }
  });
});
