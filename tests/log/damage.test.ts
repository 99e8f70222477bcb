import { copyFileSync, cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { segmentName } from "../../src/log/names.ts";
import { dataFolder } from "../support/data_folder.ts";
import { records } from "../support/log_records.ts";
import { lineEnds, reopened, saved, segmentsOf } from "../support/saved_log.ts";

describe("damage", () => {
  it("refuses appends, names segment and place, and leaves every byte as it is", async () => {
    const data = await saved(40);
    const [, second = ""] = segmentsOf(data);
    const bytes = readFileSync(second);
    const offset = lineEnds(bytes)[2] ?? 0;
    bytes[offset + 50] = (bytes[offset + 50] ?? 0) ^ 1;
    writeFileSync(second, bytes);
    const { store, log } = await reopened(data);
    const { damage } = log.report;
    expect(damage).toMatchObject({ segment: second.split("/").pop(), offset, seq: log.durable + 1 });
    expect(await log.read(1, 99)).toEqual(records(1, log.durable));
    expect(log.durable).toBeGreaterThan(5);
    await expect(log.append(1, log.head, records(log.head + 1, 1))).rejects.toMatchObject({
      code: "log_damaged",
    });
    await log.mark();
    const fork = await store.fork(log, log.durable, "s2");
    expect(fork.report.damage).toBeNull();
    await fork.append(1, fork.head, records(fork.head + 1, 1));
    await fork.close();
    await log.close();
    await store.close();
    expect(readFileSync(second)).toEqual(bytes);
  });

  it.each([["first", 0], ["middle", 1]])("a missing %s segment is damage", async (_which, index) => {
    const data = await saved(40);
    rmSync(segmentsOf(data)[index] ?? "");
    const { store, log } = await reopened(data);
    expect(log.report.damage?.seq).toBe(log.durable + 1);
    expect(log.report.damage?.reason).toMatch(/missing/);
    await log.close();
    await store.close();
  });

  it("segments that were swapped, doubled, emptied, cut or taken from another session are damage", async () => {
    const data = await saved(40);
    const [, foreign = ""] = segmentsOf(await saved(41, { text: "other" }));
    const spoils: ((paths: { first: string; second: string; third: string }) => void)[] = [
      ({ second, third }) => {
        renameSync(second, `${second}.tmp`);
        renameSync(third, second);
        renameSync(`${second}.tmp`, third);
      },
      ({ first, second }) => copyFileSync(first, second),
      ({ second }) => copyFileSync(foreign, second),
      ({ first }) =>
        writeFileSync(first, readFileSync(first).subarray(0, lineEnds(readFileSync(first)).at(-2))),
      ({ second }) => writeFileSync(second, readFileSync(second, "utf8").replace("hello", "hullo")),
      ({ second }) => writeFileSync(second, ""),
    ];
    for (const spoil of spoils) {
      const copy = dataFolder();
      cpSync(data, copy, { recursive: true });
      const [first = "", second = "", third = ""] = segmentsOf(copy);
      spoil({ first, second, third });
      const { store, log } = await reopened(copy);
      expect(log.report.damage).not.toBeNull();
      expect(log.durable).toBeLessThan(40);
      await store.close();
    }
  });

  it("a log that ends before its snapshot has lost records, and says so", async () => {
    const data = await saved(12, { snapshots: [12] });
    const [segment = ""] = segmentsOf(data);
    truncateSync(segmentsOf(data).at(-1) ?? "", lineEnds(readFileSync(segmentsOf(data).at(-1) ?? ""))[1]);
    const { store, log } = await reopened(data);
    expect(log.report.damage).not.toBeNull();
    expect(log.durable).toBeLessThan(12);
    await log.close();
    for (const path of segmentsOf(data)) rmSync(path);
    expect(await store.list()).toEqual(["s1"]);
    expect((await store.open("s1")).report.damage?.seq).toBe(1);
    await store.close();
    expect(segment).not.toBe("");
  });

  it("before the snapshot is found when it is read, and then the log takes no more", async () => {
    const data = await saved(40, { snapshots: [38] });
    const [first = ""] = segmentsOf(data);
    const bytes = readFileSync(first);
    bytes[200] = (bytes[200] ?? 0) ^ 4;
    writeFileSync(first, bytes);
    const { store, log } = await reopened(data);
    expect(log.report.damage).toBeNull();
    expect((await log.read(38, 3)).length).toBe(3);
    await expect(log.read(1, 5)).rejects.toMatchObject({ code: "log_damaged" });
    await expect(log.read(1, 5)).rejects.toThrow(`"${segmentName(1)}" is damaged at byte`);
    await expect(log.append(1, 40, records(41, 1))).rejects.toMatchObject({ code: "log_damaged" });
    expect(log.report.damage?.segment).toBe(segmentName(1));
    expect((await log.read(38, 3)).length).toBe(3);
    await store.close();
  });

  it("that ends at its snapshot's record or before it is told by a newer snapshot, an older one found in place", async () => {
    const data = await saved(40, { snapshots: [5, 38] });
    for (const path of segmentsOf(data).slice(2)) rmSync(path);
    const { store, log } = await reopened(data);
    expect(log.durable).toBeGreaterThan(5);
    expect(log.report.damage?.reason).toBe("records that had been synced are gone");
    expect((await log.snapshot())?.seq).toBe(5);
    await store.close();
  });

  it("at the end of a segment is proven by the short one that follows, however long the damaged one is", async () => {
    const data = dataFolder();
    const limits = { segmentBytes: 4000, batchBytes: 1500 };
    let store = await openFileLog(openDenoDisk(), data, { limits });
    let log = await store.create("s1", 1, records(1, 1));
    while (segmentsOf(data).length < 2) await log.append(1, log.head, records(log.head + 1, 1));
    const count = log.head;
    await store.close();
    const [first = "", second = ""] = segmentsOf(data);
    const bytes = readFileSync(first);
    const offset = lineEnds(bytes).at(-2) ?? 0;
    expect(offset).toBeGreaterThan(readFileSync(second).length);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    writeFileSync(first, bytes);
    store = await openFileLog(openDenoDisk(), data, { limits });
    log = await store.open("s1");
    expect(log.report.damage).toMatchObject({ seq: count - 1, segment: segmentName(1), offset });
    expect(segmentsOf(data)).toEqual([first, second]);
    expect(readFileSync(first)).toEqual(bytes);
    await store.close();
  });
});
