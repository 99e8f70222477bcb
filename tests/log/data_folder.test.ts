import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crc32 } from "node:zlib";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { segmentName } from "../../src/log/names.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { dataFolder } from "../support/data_folder.ts";
import { records } from "../support/log_records.ts";

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.then(() => null, (error) => error);
  if (thrown instanceof Problem) return thrown;
  throw new Error(`expected a Problem, got ${thrown}`);
}

describe("the lock of a data folder", () => {
  it("is held by one process: a second one is told who holds it, until that one is gone", async () => {
    const data = dataFolder();
    const holder = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("../support/hold_lock.ts", import.meta.url).pathname, data],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    await reader.read();
    const problem = await problemOf(openFileLog(openDenoDisk(), data));
    expect([problem.code, problem.exitCode]).toEqual(["data_dir_held", 3]);
    expect(problem.message).toContain(`process ${holder.pid} at "http://127.0.0.1:7777" has held it`);
    await reader.cancel();
    holder.kill("SIGKILL");
    await holder.stdin.close().catch(() => undefined);
    await holder.status;
    await (await openFileLog(openDenoDisk(), data)).close();
  });

  it("is held against the same process too, and given up on close", async () => {
    const data = dataFolder();
    const store = await openFileLog(openDenoDisk(), data);
    expect((await problemOf(openFileLog(openDenoDisk(), data))).message).toContain(
      `process ${Deno.pid} has held`,
    );
    await store.close();
    await (await openFileLog(openDenoDisk(), data)).close();
  });
});

describe("a data folder", () => {
  it("that cannot be made says so, with what to do", async () => {
    const data = dataFolder();
    Deno.writeTextFileSync(`${data}/file`, "");
    const problem = await problemOf(openFileLog(openDenoDisk(), `${data}/file/data`));
    expect(problem.code).toBe("storage_failed");
    expect(problem.message).toContain(`Cannot use data folder "${data}/file/data": `);
    expect(problem.hint).toBeDefined();
  });

  it("and all in it are private to the user", async () => {
    const data = `${dataFolder()}/deep/data`;
    const store = await openFileLog(openDenoDisk(), data);
    const log = await store.create("s1", 1, records(1, 2));
    await log.putBlob(new Uint8Array(3));
    await log.putSnapshot({ seq: 2, machineVersion: "m", state: null });
    const effects = await store.effectDir("s1", "1.0");
    await store.writeCache("index.json", "{}");
    const session = `${data}/sessions/s1`;
    for (const folder of [data, session, `${session}/blobs`, `${session}/snapshots`, effects]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
    for (const file of [`${data}/lock`, `${data}/index.json`, `${session}/${segmentName(1)}`]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    await store.close();
  });

  it("forgets a fork that was never finished", async () => {
    const data = dataFolder();
    await (await openFileLog(openDenoDisk(), data)).close();
    Deno.mkdirSync(`${data}/sessions/.fork-s2`);
    const store = await openFileLog(openDenoDisk(), data);
    expect(() => statSync(`${data}/sessions/.fork-s2`)).toThrow();
    expect(await store.list()).toEqual([]);
    await store.close();
  });

  it("takes no cache file outside of it", async () => {
    const store = await openFileLog(openDenoDisk(), dataFolder());
    for (const name of ["../x", "lock", "a/b", ""]) {
      await expect(store.writeCache(name, "x")).rejects.toThrow("no name for a cache file");
    }
    await store.close();
  });
});

describe("a log file", () => {
  it("is lines of JSON, each with its length, CRC and the CRC before it", async () => {
    const data = dataFolder();
    const store = await openFileLog(openDenoDisk(), data);
    const log = await store.create("s1", 1, records(1, 4));
    await log.append(1, 4, records(5, 1));
    await log.close();
    await store.close();
    const text = readFileSync(`${data}/sessions/s1/${segmentName(1)}`, "utf8");
    let previous = 0;
    for (const line of text.trimEnd().split("\n")) {
      const body = new TextEncoder().encode(line.slice(32));
      const crc = crc32(body, previous);
      const hex = (value: number): string => value.toString(16).padStart(8, "0");
      expect(JSON.parse(line)._).toBe(hex(body.length) + hex(crc) + hex(previous));
      previous = crc;
    }
    const [header, first, , , , last, mark] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(header).toMatchObject({ log: 1, session: "s1", after: 0, d: 0 });
    expect(first).toMatchObject({
      seq: 1,
      d: 0,
      e: 1,
      actor: "main",
      type: "message.received",
      v: 1,
      post: "00000001",
    });
    expect(last).toMatchObject({ seq: 5, d: 4 });
    expect(Object.keys(mark)).toEqual(["_", "d"]);
    expect(mark.d).toBe(5);
  });

  it("is marked once at rest: a second mark adds nothing", async () => {
    const store = await openFileLog(openDenoDisk(), dataFolder());
    const log = await store.create("s1", 1, records(1, 4));
    await log.mark();
    const size = log.bytes;
    await log.mark();
    expect(log.bytes).toBe(size);
    await store.close();
  });

  it("of a fork shares its sealed segments, so that a fork of a long session is cheap", async () => {
    const data = dataFolder();
    const store = await openFileLog(openDenoDisk(), data, { limits: { segmentBytes: 2000 } });
    const log = await store.create("s1", 1, records(1, 1));
    while (log.head < 30) await log.append(1, log.head, records(log.head + 1, 1));
    const fork = await store.fork(log, 20, "s2");
    const inode = (session: string): number | null =>
      Deno.statSync(`${data}/sessions/${session}/${segmentName(1)}`).ino;
    expect(inode("s2")).toBe(inode("s1"));
    await fork.append(1, 20, records(21, 20));
    expect(await log.read(1, 99)).toEqual(records(1, 30));
    expect(await fork.read(1, 99)).toEqual(records(1, 40));
    await store.close();
  });
});
