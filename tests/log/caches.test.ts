import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openFileLog } from "../../src/log/file_log.ts";
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
