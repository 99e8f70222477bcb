// What every log store promises, whatever it is made of. Each backend runs this whole suite.
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { statSync } from "node:fs";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import { record, records } from "../support/log_records.ts";

export function logConformance(name: string, openStore: () => Promise<LogStore>): void {
  async function store(): Promise<LogStore> {
    const opened = await openStore();
    onTestFinished(() => opened.close());
    return opened;
  }

  describe(`${name}: records`, () => {
    it("a created session holds its first records for good", async () => {
      const log = await (await store()).create("s1", 1, records(1, 3));
      expect([log.durable, log.head, log.sessionId]).toEqual([3, 3, "s1"]);
      expect(await log.read(1, 10)).toEqual(records(1, 3));
      expect(log.bytes).toBeGreaterThan(0);
    });

    it("records come back exactly as they were handed over, from any place on", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      for (let seq = 2; seq <= 700; seq += 7) await log.append(1, seq - 1, records(seq, 7));
      expect(log.durable).toBe(701);
      expect(await log.read(1, 10_000)).toEqual(records(1, 701));
      expect(await log.read(255, 4)).toEqual(records(255, 4));
      expect(await log.read(701, 4)).toEqual(records(701, 1));
      expect(await log.read(702, 4)).toEqual([]);
      expect(await log.read(5, 0)).toEqual([]);
    });

    it("a record that the caller changes after the append is stored as it was", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      const mine = record(2);
      const appended = log.append(1, 1, [mine]);
      mine.data.text = "changed";
      await appended;
      expect(await log.read(2, 1)).toEqual(records(2, 1));
    });

    it("an append of nothing changes nothing", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      await log.append(1, 1, []);
      expect(log.head).toBe(1);
    });

    it("a record that is too big is refused and says to use a blob", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      const huge = record(2, 1, "x".repeat(17 * 1024 * 1024));
      await expect(log.append(1, 1, [huge])).rejects.toMatchObject({ code: "payload_too_large" });
      await log.append(1, 1, records(2, 1));
      expect(log.durable).toBe(2);
    });

    it("records out of sequence are a bug that is told at once", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      await expect(log.append(1, 1, records(3, 1))).rejects.toThrow("does not follow");
      expect(log.head).toBe(1);
    });
  });

  describe(`${name}: fencing`, () => {
    it("an append that does not follow the head is a conflict", async () => {
      const log = await (await store()).create("s1", 1, records(1, 2));
      await expect(log.append(1, 1, records(2, 1))).rejects.toMatchObject({ code: "conflict" });
      await expect(log.append(1, 3, records(4, 1))).rejects.toMatchObject({ code: "conflict" });
      expect(log.head).toBe(2);
    });

    it("an owner of an older epoch is shut out, also after the session was opened again", async () => {
      const opened = await store();
      let log = await opened.create("s1", 1, records(1, 1));
      await log.append(3, 1, records(2, 1, 3));
      await expect(log.append(2, 2, records(3, 1, 2))).rejects.toMatchObject({ code: "conflict" });
      await log.close();
      log = await opened.open("s1");
      await expect(log.append(2, 2, records(3, 1, 2))).rejects.toMatchObject({ code: "conflict" });
      await log.append(3, 2, records(3, 1, 3));
    });

    it("concurrent appends leave no gap and are answered in order", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }), async (sizes) => {
          const opened = await openStore();
          const log = await opened.create("s1", 1, records(1, 1));
          const answered: number[] = [];
          const all = sizes.map((size) => {
            const before = log.head;
            return log.append(1, before, records(before + 1, size)).then(() => {
              answered.push(before + size);
              expect(log.durable).toBeGreaterThanOrEqual(before + size);
            });
          });
          await Promise.all(all);
          const total = 1 + sizes.reduce((sum, size) => sum + size, 0);
          expect(answered).toEqual([...answered].sort((a, b) => a - b));
          expect(await log.read(1, total + 5)).toEqual(records(1, total));
          await log.close();
          await opened.close();
        }),
        { numRuns: 25 },
      );
    });

    it("of two writers with one expectation exactly one wins", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      const results = await Promise.allSettled([
        log.append(1, 1, records(2, 1)),
        log.append(1, 1, records(2, 1)),
      ]);
      expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
      expect(log.durable).toBe(2);
    });

    it("records can be read while appends run", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      const appends: Promise<void>[] = [];
      for (let seq = 2; seq <= 60; seq++) {
        appends.push(log.append(1, seq - 1, records(seq, 1)));
        if (seq % 7 === 0) await Promise.resolve();
        const read = await log.read(1, 1000);
        expect(read).toEqual(records(1, read.length));
      }
      await Promise.all(appends);
      expect((await log.read(1, 1000)).length).toBe(60);
    });
  });

  describe(`${name}: sessions`, () => {
    it("a session that is closed and opened again goes on where it was", async () => {
      const opened = await store();
      let log = await opened.create("s1", 1, records(1, 5));
      await log.mark();
      await log.append(1, 5, records(6, 5));
      await log.close();
      log = await opened.open("s1");
      expect(log.report).toEqual({ records: 10, torn: null, damage: null });
      await log.append(2, 10, records(11, 2, 2));
      expect(await log.read(1, 100)).toEqual([...records(1, 10), ...records(11, 2, 2)]);
    });

    it("sessions are listed, and stamps change with every append", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 1));
      await opened.create("s2", 1, records(1, 1));
      expect((await opened.list()).sort()).toEqual(["s1", "s2"]);
      const before = await opened.stamp("s1");
      await log.append(1, 1, records(2, 1));
      expect(before).not.toBeNull();
      expect(await opened.stamp("s1")).not.toBe(before);
      expect(await opened.stamp("s3")).toBeNull();
    });

    it("a session is created once, opened once at a time, and not found when absent", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 1));
      await expect(opened.open("s1")).rejects.toMatchObject({ code: "conflict" });
      await log.close();
      await expect(opened.create("s1", 1, records(1, 1))).rejects.toMatchObject({ code: "conflict" });
      await expect(opened.open("nope")).rejects.toMatchObject({ code: "not_found" });
      await expect(opened.open("../s1")).rejects.toMatchObject({ code: "not_found" });
      await expect(opened.create("../x", 1, records(1, 1))).rejects.toMatchObject({ code: "bad_request" });
    });

    it("a closed log takes nothing more", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      await log.close();
      await log.close();
      await expect(log.append(1, 1, records(2, 1))).rejects.toMatchObject({ code: "unavailable" });
    });

    it("closing waits for appends that are under way", async () => {
      const opened = await store();
      let log = await opened.create("s1", 1, records(1, 1));
      const appends = [log.append(1, 1, records(2, 1)), log.append(1, 2, records(3, 1))];
      await log.close();
      await Promise.all(appends);
      log = await opened.open("s1");
      expect(log.durable).toBe(3);
    });

    it("a trashed session is gone from the list and comes back whole", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 4));
      await expect(opened.trash("s1")).rejects.toMatchObject({ code: "conflict" });
      await log.close();
      await opened.trash("s1");
      expect(await opened.list()).toEqual([]);
      await expect(opened.open("s1")).rejects.toMatchObject({ code: "not_found" });
      await expect(opened.trash("s1")).rejects.toMatchObject({ code: "not_found" });
      await opened.restore("s1");
      expect(await (await opened.open("s1")).read(1, 9)).toEqual(records(1, 4));
    });
  });

  describe(`${name}: forks`, () => {
    it("a fork holds exactly the records up to its point, and both go their own way", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 30));
      const fork = await opened.fork(log, 12, "s2");
      expect([fork.durable, fork.report.damage]).toEqual([12, null]);
      await fork.append(2, 12, records(13, 1, 2, "other"));
      await log.append(1, 30, records(31, 1));
      expect(await fork.read(1, 99)).toEqual([...records(1, 12), ...records(13, 1, 2, "other")]);
      expect(await log.read(1, 99)).toEqual(records(1, 31));
      await fork.close();
      expect((await opened.open("s2")).durable).toBe(13);
    });

    it("a fork has the blobs of its origin", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 2));
      const name = await log.putBlob(new TextEncoder().encode("big"));
      const fork = await opened.fork(log, 2, "s2");
      expect(new TextDecoder().decode(await fork.getBlob(name))).toBe("big");
    });

    it("a fork beyond the end or onto another session is refused", async () => {
      const opened = await store();
      const log = await opened.create("s1", 1, records(1, 2));
      await expect(opened.fork(log, 3, "s2")).rejects.toMatchObject({ code: "bad_request" });
      await expect(opened.fork(log, 0, "s2")).rejects.toMatchObject({ code: "bad_request" });
      await expect(opened.fork(log, 2, "s1")).rejects.toMatchObject({ code: "conflict" });
      expect(await opened.list()).toEqual(["s1"]);
    });
  });

  describe(`${name}: beside the records`, () => {
    it("the newest snapshot that is not too new is found, and two are kept", async () => {
      const log = await (await store()).create("s1", 1, records(1, 40));
      expect(await log.snapshot()).toBeNull();
      for (const seq of [10, 20, 30]) {
        await log.putSnapshot({ seq, machineVersion: "m1", state: { at: seq } });
      }
      expect(await log.snapshot()).toEqual({ seq: 30, machineVersion: "m1", state: { at: 30 } });
      expect((await log.snapshot(29))?.seq).toBe(20);
      expect(await log.snapshot(19)).toBeNull();
      await expect(log.putSnapshot({ seq: 41, machineVersion: "m1", state: 1 })).rejects.toThrow(
        "does not fit",
      );
    });

    it("blobs are found by their content, once", async () => {
      const log = await (await store()).create("s1", 1, records(1, 1));
      const bytes = new Uint8Array(100_000).fill(7);
      const [name, again] = await Promise.all([log.putBlob(bytes), log.putBlob(bytes)]);
      expect(name).toMatch(/^sha256-[0-9a-f]{64}$/);
      expect(again).toBe(name);
      expect(await log.getBlob(name)).toEqual(bytes);
      await expect(log.getBlob(`sha256-${"0".repeat(64)}`)).rejects.toMatchObject({ code: "not_found" });
      await expect(log.getBlob("../lock")).rejects.toMatchObject({ code: "not_found" });
    });

    it("an effect gets a folder of its own, the same each time", async () => {
      const opened = await store();
      await opened.create("s1", 1, records(1, 1));
      const folder = await opened.effectDir("s1", "1.0");
      expect(statSync(folder).isDirectory()).toBe(true);
      expect(await opened.effectDir("s1", "1.0")).toBe(folder);
      expect(await opened.effectDir("s1", "../..")).not.toBe(folder);
    });

    it("a cache is replaced as a whole", async () => {
      const opened = await store();
      expect(await opened.readCache("index.json")).toBeNull();
      await opened.writeCache("index.json", "one");
      await opened.writeCache("index.json", "two");
      expect(await opened.readCache("index.json")).toBe("two");
    });
  });
}

/** All records of a log. */
export async function allOf(log: SessionLog): Promise<LogRecord[]> {
  return await log.read(1, Number.MAX_SAFE_INTEGER);
}
