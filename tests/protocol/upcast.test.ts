import { expect, it } from "vitest";
import { upcast } from "../../src/protocol/upcast.ts";

const stored = {
  seq: 7,
  at: "2026-01-01T00:00:00.000Z",
  actor: "main",
  type: "note.taken",
  v: 1,
  data: { text: "a" },
};

it("an old fact is read through every upcaster up to the current version, and the stored one is left alone", () => {
  const table = {
    "note.taken": {
      1: (data: object) => ({ ...data, two: 2 }),
      2: (data: object) => ({ ...data, three: 3 }),
    },
  };
  const fact = upcast(stored, table, { "note.taken": 3 });
  expect(fact).toMatchObject({ seq: 7, v: 3, data: { text: "a", two: 2, three: 3 } });
  expect(stored).toMatchObject({ v: 1, data: { text: "a" } });
});

it("a fact of the current version is not changed, unknown fields included", () => {
  const data = { message_id: "m", text: "t", delivery: "steer", later: true };
  expect(upcast({ ...stored, type: "message.received", data })).toMatchObject({ v: 1, data });
});

it("a fact of a later version or of an unknown type is refused with its number, and says what to do", () => {
  expect(() => upcast({ ...stored, type: "message.received", v: 99 })).toThrow(
    'Cannot read fact 7 of type "message.received"',
  );
  expect(() => upcast(stored)).toThrow("its type is unknown");
  expect(() => upcast({ ...stored, type: "constructor" })).toThrow("its type is unknown");
});

it("a missing upcaster is refused instead of skipped", () => {
  expect(() => upcast(stored, {}, { "note.taken": 2 })).toThrow("no upcaster leads from version 1");
});
