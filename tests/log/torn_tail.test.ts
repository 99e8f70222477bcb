import { rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { segmentName } from "../../src/log/names.ts";
import { records } from "../support/log_records.ts";
import {
  contentAt,
  copyOf,
  folderOf,
  lineEnds,
  reopened,
  saved,
  segmentsOf,
  setContent,
  smallLimits,
} from "../support/saved_log.ts";
import { crashImage, seededRandom, tailShapes } from "../support/crash_image.ts";
import { openSimDisk } from "../support/sim_disk.ts";

describe("a torn tail", () => {
  it("is set aside and cut, at whatever byte the last batch was torn", async () => {
    const disk = openSimDisk();
    const store = await openFileLog(disk, "/data");
    const log = await store.create("s1", 1, records(1, 6));
    await log.append(1, 6, records(7, 3));
    const path = `/data/sessions/s1/${segmentName(1)}`;
    const whole = contentAt(disk.world, path);
    const ends = lineEnds(whole);
    const kept = ends.length - 3;
    for (let size = ends[kept - 1] ?? 0; size < whole.length; size++) {
      const image = openSimDisk(copyOf(disk.world));
      setContent(image.world, path, whole.slice(0, size));
      const reopened = await openFileLog(image, "/data");
      const again = await reopened.open("s1");
      const good = ends.filter((end) => end <= size);
      const bytes = size - (good.at(-1) ?? 0);
      expect(again.durable).toBe(good.length - 1);
      expect(again.report.damage).toBeNull();
      expect(again.report.torn).toEqual(bytes === 0 ? null : { bytes, savedAs: `${path}.torn-1` });
      if (bytes > 0) expect(contentAt(image.world, `${path}.torn-1`)).toEqual(whole.slice(good.at(-1), size));
      await again.append(1, again.head, records(again.head + 1, 2));
      expect((await again.read(1, 99)).length).toBe(good.length + 1);
    }
  });

  it("that follows acknowledged records costs none of them, and a second one is kept beside the first", async () => {
    const data = await saved(5);
    const [segment = ""] = segmentsOf(data);
    for (const n of [1, 2]) {
      writeFileSync(segment, '{"_":"0000', { flag: "a" });
      const { store, log } = await reopened(data);
      expect(log.report.torn).toEqual({ bytes: 10, savedAs: `${segment}.torn-${n}` });
      expect(await log.read(1, 99)).toEqual(records(1, 5));
      await log.close();
      await store.close();
    }
  });

  it("that begins a segment is set aside with the whole segment", async () => {
    const data = await saved(5);
    writeFileSync(`${folderOf(data)}/${segmentName(6)}`, "zzz");
    const { store, log } = await reopened(data);
    expect(log.report.torn?.bytes).toBe(3);
    await log.append(1, 5, records(6, 40));
    expect(await log.read(1, 99)).toEqual(records(1, 45));
    await log.close();
    await store.close();
  });

  it("a folder whose first record was never acknowledged is no session, and its place can be taken", async () => {
    const data = await saved(5);
    for (const content of ["", '{"_":"0000', null]) {
      Deno.mkdirSync(`${data}/sessions/s2`);
      if (content !== null) writeFileSync(`${data}/sessions/s2/${segmentName(1)}`, content);
      const store = await openFileLog(openDenoDisk(), data, { limits: smallLimits });
      expect(await store.list()).toEqual(["s1"]);
      await expect(store.open("s2")).rejects.toMatchObject({ code: "not_found" });
      const log = await store.create("s2", 1, records(1, 1));
      await log.close();
      await store.close();
      rmSync(`${data}/sessions/s2`, { recursive: true });
    }
  });

  it("is never lost: at every moment of a recovery a crash leaves it in its segment or beside it", async () => {
    const disk = openSimDisk();
    const store = await openFileLog(disk, "/data");
    const log = await store.create("s1", 1, records(1, 3));
    await log.mark();
    await log.append(1, 3, records(4, 3));
    const path = `/data/sessions/s1/${segmentName(1)}`;
    const whole = contentAt(disk.world, path);
    const last = lineEnds(whole).at(-2) ?? 0;
    const tail = new TextDecoder().decode(whole.slice(last, -7));
    setContent(disk.world, path, whole.slice(0, -7));
    const recovering = openSimDisk(copyOf(disk.world));
    const again = await (await openFileLog(recovering, "/data")).open("s1");
    expect(again.report.torn?.bytes).toBe(whole.length - 7 - last);
    for (let at = 0; at <= recovering.ops.length; at++) {
      for (const shape of tailShapes) {
        const random = seededRandom(at);
        const image = crashImage(recovering.ops, at, { shape, random, base: copyOf(disk.world) });
        const names = [...image.names.keys()].filter((name) => name.startsWith(path));
        const places = names.filter((name) =>
          new TextDecoder().decode(contentAt(image, name)).endsWith(tail)
        );
        expect([at, shape, places.length > 0]).toEqual([at, shape, true]);
      }
    }
  });
});
