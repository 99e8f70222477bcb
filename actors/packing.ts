// Packing: how facts are written to a log and read back. Secrets are taken out, large values go to blobs, and the
// arguments of a proposed call, which stand in the model's reply already, are written as a reference to it.
import type { Fact } from "../src/protocol/facts.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import { upcast } from "../src/protocol/upcast.ts";
import type { LogRecord, SessionLog } from "../src/log/port.ts";

/** Strings of more UTF-8 bytes than this are stored as blobs. */
export const inlineBytesMax = 32 * 1024;
/** UTF-16 units that surely fit: a unit is at most three bytes. */
const surelyInline = Math.floor(inlineBytesMax / 3);

const blobKey = "$blob";
const literalKey = "$literal";
const argsKey = "$args_of";
const markers = [blobKey, literalKey, argsKey];

/** Replaces every known secret in every string of a value, and returns the same value when there is none. */
export function redact<T>(value: T, secrets: readonly Secret[]): T {
  if (secrets.length === 0) return value;
  let text = JSON.stringify(value);
  let found = false;
  for (const secret of secrets) {
    if (!text.includes(secret.encoded)) continue;
    found = true;
    text = text.replaceAll(secret.encoded, secret.replacement);
  }
  return found ? JSON.parse(text) : value;
}

export interface Secret {
  encoded: string;
  replacement: string;
}

/** Shorter values would hit ordinary words. */
const secretCharsMin = 8;

export function secretsFrom(named: Readonly<Record<string, string | undefined>>): Secret[] {
  return Object.entries(named)
    .filter((entry): entry is [string, string] => (entry[1]?.length ?? 0) >= secretCharsMin)
    .map(([name, value]) => ({
      encoded: JSON.stringify(value).slice(1, -1),
      replacement: `[redacted: ${name}]`,
    }));
}

/** True when packing needs the disk: somewhere in the value is a long string or a marker to escape. */
export function needsPacking(value: unknown): boolean {
  if (typeof value === "string") return value.length > surelyInline;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(needsPacking);
  return Object.entries(value).some(([key, inner]) => markers.includes(key) || needsPacking(inner));
}

/** The data of a fact as it is logged: long strings by reference, markers escaped. */
export async function packObject(data: JsonObject, log: SessionLog): Promise<JsonObject> {
  const packed = await pack(data, log);
  return isObject(packed) ? packed : data;
}

async function pack(value: JsonValue, log: SessionLog): Promise<JsonValue> {
  if (typeof value === "string") return await packText(value, log);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return await Promise.all(value.map((inner) => pack(inner, log)));
  const packed: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) packed[key] = await pack(inner, log);
  return markers.some((marker) => Object.hasOwn(value, marker)) ? { [literalKey]: packed } : packed;
}

async function packText(text: string, log: SessionLog): Promise<JsonValue> {
  if (text.length <= surelyInline) return text;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= inlineBytesMax) return text;
  return { [blobKey]: await log.putBlob(bytes), bytes: bytes.length };
}

async function unpack(value: JsonValue, log: SessionLog): Promise<JsonValue> {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return await Promise.all(value.map((inner) => unpack(inner, log)));
  const blob = value[blobKey];
  if (typeof blob === "string") return new TextDecoder().decode(await log.getBlob(blob));
  const literal = value[literalKey];
  const source = isObject(literal) ? literal : value;
  const unpacked: JsonObject = {};
  for (const [key, inner] of Object.entries(source)) unpacked[key] = await unpack(inner, log);
  return unpacked;
}

/** Data whose arguments stand in the reply at `seq` already: they are referred to, not repeated. */
export function withArgsOf(data: JsonObject, seq: number): JsonObject {
  return { ...data, args: { [argsKey]: seq } };
}

/** Reads stored records as facts, in order: values restored, versions raised. */
export async function readFacts(records: readonly LogRecord[], log: SessionLog): Promise<Fact[]> {
  const replies = new Map<number, JsonValue>();
  const facts: Fact[] = [];
  for (const record of records) {
    const { seq, at, actor, type, v } = record;
    const replySeq = argsReference(record);
    const stored = replySeq === null && needsUnpacking(record.data)
      ? await unpackObject(record.data, log)
      : record.data;
    const data = replySeq === null
      ? stored
      : { ...stored, args: await argsOf(record, { replySeq, replies, log }) };
    if (type === "model.replied") replies.set(seq, data.calls ?? []);
    facts.push(upcast({ seq, at, actor, type, v, data }));
  }
  return facts;
}

function needsUnpacking(value: JsonValue | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(needsUnpacking);
  return Object.entries(value).some(([key, inner]) => markers.includes(key) || needsUnpacking(inner));
}

async function unpackObject(data: JsonObject, log: SessionLog): Promise<JsonObject> {
  const unpacked = await unpack(data, log);
  return isObject(unpacked) ? unpacked : data;
}

function argsReference(record: LogRecord): number | null {
  const { args } = record.data;
  if (record.type !== "call.proposed" || !isObject(args)) return null;
  const seq = args[argsKey];
  return typeof seq === "number" ? seq : null;
}

async function argsOf(
  record: LogRecord,
  from: { replySeq: number; replies: Map<number, JsonValue>; log: SessionLog },
): Promise<JsonValue> {
  const { replySeq, replies, log } = from;
  let calls = replies.get(replySeq);
  if (calls === undefined) {
    const [reply] = await log.read(replySeq, 1);
    calls = reply === undefined ? [] : (await unpackObject(reply.data, log)).calls ?? [];
    replies.set(replySeq, calls);
  }
  for (const call of Array.isArray(calls) ? calls : []) {
    if (isObject(call) && call.call_id === record.data.call_id) return call.args ?? {};
  }
  throw new Problem(
    "log_damaged",
    `Cannot read fact ${record.seq}: the reply ${replySeq} it refers to holds no such call`,
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
