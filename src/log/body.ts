// What stands in the lines: records, marks and segment headers as JSON text, and back.
import { z } from "zod";
import type { JsonObject } from "../protocol/json.ts";
import type { LogRecord } from "./port.ts";

export const logFormat = 1;

/** What a scan needs of a line, without parsing all of it. `durable` is the highest seq synced when it was written. */
export type BodySummary =
  | { kind: "record"; seq: number; durable: number; epoch: number }
  | { kind: "mark"; durable: number }
  | { kind: "header"; after: number; durable: number };

const plainObject = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const count = z.number().int().nonnegative();

/** The CRC proved that these are the bytes we wrote; the schema proves that we understand them. */
const storedRecord = z.object({
  seq: count,
  at: z.string(),
  e: count,
  actor: z.string(),
  type: z.string(),
  v: count,
  data: plainObject,
  id: z.string().optional(),
  fx: z.array(z.object({ id: z.string(), kind: z.string(), actor: z.string(), params: plainObject }))
    .optional(),
  post: z.string(),
});
const storedHeader = z.object({ log: z.literal(logFormat), session: z.string(), after: count, d: count });

/** The part of a record that does not depend on when it is written; made once, when it is appended. */
export function recordText(record: LogRecord): string {
  const { at, epoch: e, actor, type, v, data, id, effects: fx, post } = record;
  return JSON.stringify({ at, e, actor, type, v, data, id, fx, post }).slice(1);
}

/** The body of a record line. */
export function recordBody(seq: number, durable: number, text: string): string {
  return `"seq":${seq},"d":${durable},${text}`;
}

/** The body of a mark: no record, it only says what is synced. */
export function markBody(durable: number): string {
  return `"d":${durable}}`;
}

/** The body of a segment's first line. `session` is the one it was first written for: a fork keeps it. */
export function headerBody(session: string, after: number, durable: number): string {
  return JSON.stringify({ log: logFormat, session, after, d: durable }).slice(1);
}

const recordStart = /^"seq":(\d{1,15}),"d":(\d{1,15}),"at":"[^"]{0,40}","e":(\d{1,15}),/;
const markWhole = /^"d":(\d{1,15})\}$/;
const summaryBytes = 128;
const decoder = new TextDecoder();

/** Reads the summary of a body, or null when it is none of ours. */
export function summarize(body: Uint8Array): BodySummary | null {
  const start = decoder.decode(body.subarray(0, summaryBytes));
  const record = recordStart.exec(start);
  if (record !== null) {
    return { kind: "record", seq: Number(record[1]), durable: Number(record[2]), epoch: Number(record[3]) };
  }
  const mark = markWhole.exec(start);
  if (mark !== null) return { kind: "mark", durable: Number(mark[1]) };
  const header = storedHeader.safeParse(parseBody(body));
  return header.success ? { kind: "header", after: header.data.after, durable: header.data.d } : null;
}

/** Reads a whole record, or null when the body is none that this version understands. */
export function parseRecord(body: Uint8Array): LogRecord | null {
  const parsed = storedRecord.safeParse(parseBody(body));
  if (!parsed.success) return null;
  const { e, fx, ...same } = parsed.data;
  return { ...same, epoch: e, ...(fx === undefined ? {} : { effects: fx }) };
}

function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(`{${decoder.decode(body)}`);
  } catch {
    return null;
  }
}
