import { describe, expect, it } from "vitest";
import { openFileLog } from "../../src/log/file_log.ts";
import { parseRecord, recordBody, recordText, summarize } from "../../src/log/body.ts";
import { writeLine } from "../../src/log/line.ts";
import { toRecord } from "../../src/log/record_shape.ts";
import { record, records } from "../support/log_records.ts";
import { contentAt, lineEnds, setContent } from "../support/saved_log.ts";
import { openSimDisk } from "../support/sim_disk.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const effect = { id: "12.0", kind: "model", actor: "main", params: { n: 12 } };
const stored = {
  seq: 12,
  d: 11,
  at: "2026-01-01T00:00:00.000Z",
  e: 3,
  actor: "main",
  type: "message.received",
  v: 1,
  data: { text: "hello" },
  id: "c12",
  fx: [effect],
  post: "0000000c",
};

const notCounts = ["1", null, -1, 1.5, 2 ** 53, true, [], {}];
const notTexts = [1, null, true, [], {}];
const notObjects = ["{}", null, 1, true, []];

describe("the shape of a stored record", () => {
  it("is taken apart as it was put together", () => {
    for (const one of [...records(1, 12), record(12, 7, "")]) {
      const body = recordBody(one.seq, one.seq - 1, recordText(one));
      expect(parseRecord(encode(body))).toEqual(one);
      expect(summarize(encode(body))).toEqual({
        kind: "record",
        seq: one.seq,
        durable: one.seq - 1,
        epoch: one.epoch,
      });
    }
  });

  it("drops what this version does not know, and keeps all of the data", () => {
    const data = { text: "hello", more: [1, { deep: null }], constructor: "x" };
    const read = toRecord({ ...stored, data, later: 1, fx: [{ ...effect, later: 1 }] });
    const { d: _d, e: epoch, fx: effects, ...same } = stored;
    expect(read).toEqual({ ...same, data, epoch, effects });
    expect(Object.keys(toRecord(stored) ?? {})).toEqual([
      "seq",
      "at",
      "actor",
      "type",
      "v",
      "data",
      "id",
      "post",
      "epoch",
      "effects",
    ]);
  });

  it("may leave out the id and the effects, and nothing else", () => {
    for (const name of Object.keys(stored)) {
      const rest = Object.fromEntries(Object.entries(stored).filter(([key]) => key !== name));
      const optional = ["id", "fx", "d"].includes(name);
      expect([name, toRecord(rest) !== null]).toEqual([name, optional]);
    }
    const { id: _id, fx: _fx, ...least } = stored;
    expect(Object.keys(toRecord(least) ?? {})).toEqual([
      "seq",
      "at",
      "actor",
      "type",
      "v",
      "data",
      "post",
      "epoch",
    ]);
  });

  it.each([
    ...["seq", "e", "v"].map((name) => [name, notCounts] as const),
    ...["at", "actor", "type", "id", "post"].map((name) => [name, notTexts] as const),
    ["data", notObjects] as const,
    ["fx", ["[]", null, 1, {}, true, [null], ["x"], [[]]]] as const,
  ])("refuses a wrong %s", (name, values) => {
    expect(toRecord(stored)).not.toBeNull();
    for (const value of values) {
      expect([value, toRecord({ ...stored, [name]: value })]).toEqual([value, null]);
    }
  });

  it.each([
    ...["id", "kind", "actor"].map((name) => [name, notTexts] as const),
    ["params", notObjects] as const,
  ])("refuses an effect with a wrong %s, or with none", (name, values) => {
    for (const value of [...values, undefined]) {
      const fx = [effect, { ...effect, [name]: value }];
      expect([value, toRecord({ ...stored, fx })]).toEqual([value, null]);
    }
  });

  it("is an object", () => {
    for (const value of [null, undefined, "x", 1, [stored]]) expect(toRecord(value)).toBeNull();
    expect(parseRecord(encode('"seq":1'))).toBeNull();
  });

  it("a line that reads as a record at its start only is damage when it is read", async () => {
    const disk = openSimDisk();
    const store = await openFileLog(disk, "/data");
    let log = await store.create("s1", 1, records(1, 2));
    await log.close();
    const path = "/data/sessions/s1/00000000000000000001.jsonl";
    const whole = contentAt(disk.world, path);
    const kept = lineEnds(whole)[2] ?? 0;
    const bytes = new Uint8Array(1000);
    bytes.set(whole.subarray(0, kept));
    const last = whole.subarray(lineEnds(whole)[1]);
    const crc = parseInt(new TextDecoder().decode(last.subarray(14, 22)), 16);
    const { end } = writeLine(bytes, kept, '"seq":3,"d":2,"at":"","e":1,"actor":5}', crc);
    setContent(disk.world, path, bytes.slice(0, end));
    log = await store.open("s1");
    expect(log.durable).toBe(3);
    expect(await log.read(1, 2)).toEqual(records(1, 2));
    await expect(log.read(1, 3)).rejects.toThrow("a field of it is of an unknown form");
    await store.close();
  });
});

describe("the summary of a line", () => {
  it.each([
    '"seq":,"d":0,"at":"","e":1,"x":1}',
    '"seq":1,"d":,"at":"","e":1,"x":1}',
    '"seq":1,"d":0,"at":"","e":,"x":1}',
    '"seq":1,"d":0,"at":"","e":1}',
    '"seq":-1,"d":0,"at":"","e":1,"x":1}',
    '"seq":1.5,"d":0,"at":"","e":1,"x":1}',
    '"seq": 1,"d":0,"at":"","e":1,"x":1}',
    '"d":0,"seq":1,"at":"","e":1,"x":1}',
    '"seq":1234567890123456,"d":0,"at":"","e":1,"x":1}',
    `"seq":1,"d":0,"at":"${"t".repeat(41)}","e":1,"x":1}`,
    '"seq":1,"d":0,"at":"',
    '"seq":1',
    '"d":1',
    '"d":1},',
    "",
  ])("of an unknown form is none: %s", (body) => {
    expect(summarize(encode(body))).toBeNull();
  });

  it("takes the largest numbers and times that are written, and marks", () => {
    const most = 999_999_999_999_999;
    expect(summarize(encode(`"seq":${most},"d":${most},"at":"${"t".repeat(40)}","e":${most},`))).toEqual({
      kind: "record",
      seq: most,
      durable: most,
      epoch: most,
    });
    expect(summarize(encode(`"d":${most}}`))).toEqual({ kind: "mark", durable: most });
  });
});
