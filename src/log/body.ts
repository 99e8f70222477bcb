// What stands in the lines: records, marks and segment headers as JSON text, and back.
import { z } from "zod";
import type { LogRecord } from "./port.ts";
import { toRecord } from "./record_shape.ts";

export const logFormat = 1;

/** What a scan needs of a line, without parsing all of it. `durable` is the highest seq synced when it was written. */
export type BodySummary =
  | { kind: "record"; seq: number; durable: number; epoch: number }
  | { kind: "mark"; durable: number }
  | { kind: "header"; after: number; durable: number };

const count = z.number().int().nonnegative();
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

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const seqKey = encoder.encode('"seq":');
const durableKey = encoder.encode(',"d":');
const atKey = encoder.encode(',"at":"');
const epochKey = encoder.encode('","e":');
const comma = 0x2c;
const quote = 0x22;
const digitsMax = 15;
const atBytesMax = 40;
const markWhole = /^"d":(\d{1,15})\}$/;
const markBytesMax = 32;

/** Reads the summary of a body, or null when it is none of ours. */
export function summarize(body: Uint8Array): BodySummary | null {
  const record = summarizeRecord(body);
  if (record !== null) return record;
  const mark = body.length > markBytesMax ? null : markWhole.exec(decoder.decode(body));
  if (mark !== null) return { kind: "mark", durable: Number(mark[1]) };
  const header = storedHeader.safeParse(parseBody(body));
  return header.success ? { kind: "header", after: header.data.after, durable: header.data.d } : null;
}

/** Reads `"seq":1,"d":0,"at":"...","e":1,` byte by byte: a scan does this for every line, and decodes none. */
function summarizeRecord(body: Uint8Array): BodySummary | null {
  if (!hasAt(body, 0, seqKey)) return null;
  const seqEnd = digitsFrom(body, seqKey.length);
  if (!hasAt(body, seqEnd, durableKey)) return null;
  const durableStart = seqEnd + durableKey.length;
  const durableEnd = digitsFrom(body, durableStart);
  if (!hasAt(body, durableEnd, atKey)) return null;
  const atStart = durableEnd + atKey.length;
  let atEnd = atStart;
  while (atEnd - atStart < atBytesMax && atEnd < body.length && body[atEnd] !== quote) atEnd++;
  if (!hasAt(body, atEnd, epochKey)) return null;
  const epochStart = atEnd + epochKey.length;
  const epochEnd = digitsFrom(body, epochStart);
  if (body[epochEnd] !== comma) return null;
  const seq = numberIn(body, seqKey.length, seqEnd);
  const durable = numberIn(body, durableStart, durableEnd);
  const epoch = numberIn(body, epochStart, epochEnd);
  return seq < 0 || durable < 0 || epoch < 0 ? null : { kind: "record", seq, durable, epoch };
}

function hasAt(body: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (body[at + i] !== expected[i]) return false;
  return true;
}

/** Where the digits that start here end. */
function digitsFrom(body: Uint8Array, start: number): number {
  let at = start;
  while (at - start < digitsMax && isDigit(body[at])) at++;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The number that these digits write; -1 for none. */
function numberIn(body: Uint8Array, start: number, end: number): number {
  let value = start < end ? 0 : -1;
  for (let at = start; at < end; at++) value = value * 10 + (body[at] ?? 0) - 0x30;
  return value;
}

/** Reads a whole record, or null when the body is none that this version understands. The CRC proved its bytes. */
export function parseRecord(body: Uint8Array): LogRecord | null {
  return toRecord(parseBody(body));
}

function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(`{${decoder.decode(body)}`);
  } catch {
    return null;
  }
}
