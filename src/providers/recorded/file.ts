// Reads a recording from disk: the log of a session (its folder or one file of it), the answer of `GET /sessions/:id/events`,
// or one event a line. What it needs of the log's form it reads for itself, so that any copy of a log will do.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type EventEnvelope, eventEnvelope } from "../../protocol/facts.ts";
import type { JsonValue } from "../../protocol/json.ts";
import { messageOf, Problem } from "../../protocol/problem.ts";
import { answersFromEvents, type RecordedAnswer } from "./answers.ts";

/** Bytes of all files of one recording, without the texts that are kept beside them. */
export const recordingBytesMax = 256 * 1024 * 1024;
const blobBytesMax = 64 * 1024 * 1024;
const blobName = /^sha256-[0-9a-f]{64}$/;

/** Facts that answers are made from; no others are looked at. */
const needed = new Set(["message.received", "agent.started", "model.called", "model.replied"]);
const wrapped = z.object({ event: z.looseObject({ seq: z.number() }) });
const page = z.object({ events: z.array(z.unknown()) });

/** Rejects with a Problem that names the file and, where there is one, the line. */
export async function answersFromFile(path: string): Promise<RecordedAnswer[]> {
  const refuse = (why: string) => new Problem("bad_request", `Cannot read the recording "${path}": ${why}`);
  try {
    const files = await filesOf(path);
    const events: EventEnvelope[] = [];
    let bytes = 0;
    for (const file of files) {
      bytes += (await Deno.stat(file)).size;
      if (bytes > recordingBytesMax) throw refuse(`it is longer than ${recordingBytesMax} bytes`);
      const values = readValues(await Deno.readTextFile(file), refuse);
      for (const value of values) events.push(...await toEvents(value, join(dirname(file), "blobs"), refuse));
    }
    const answers = answersFromEvents(events);
    if (answers.length === 0) throw refuse("it holds no answers");
    return answers;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw refuse(messageOf(error));
  }
}

/** A session's folder stands for its files, in their order. */
async function filesOf(path: string): Promise<string[]> {
  if (!(await Deno.stat(path)).isDirectory) return [path];
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && name.endsWith(".jsonl")) names.push(name);
  }
  return names.sort().map((name) => join(path, name));
}

type Refuse = (why: string) => Problem;

/** The events as they stand in a text, parsed and no more. */
function readValues(text: string, refuse: Refuse): unknown[] {
  const whole = tryParse(text);
  if (whole !== undefined) {
    const events = page.safeParse(whole);
    if (events.success) return events.data.events;
    return Array.isArray(whole) ? whole : [whole];
  }
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const value = tryParse(line);
    if (value !== undefined) return [value];
    // A daemon that was killed leaves half a line behind; anywhere else something is missing.
    if (index === lines.length - 1) return [];
    throw refuse(`line ${index + 1} is not JSON`);
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The event in a value, with its long texts; none for the log's own lines and for facts that are not needed. */
async function toEvents(value: unknown, blobs: string, refuse: Refuse): Promise<EventEnvelope[]> {
  const frame = wrapped.safeParse(value);
  const parsed = eventEnvelope.safeParse(frame.success ? frame.data.event : value);
  if (!parsed.success || !needed.has(parsed.data.type)) return [];
  const data = await unpack(parsed.data.data, blobs, refuse);
  return [eventEnvelope.parse({ ...parsed.data, data })];
}

/** Puts long texts, which a log keeps beside itself, back in their place. */
async function unpack(value: JsonValue, blobs: string, refuse: Refuse): Promise<JsonValue> {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return await Promise.all(value.map((inner) => unpack(inner, blobs, refuse)));
  if (typeof value.$blob === "string") return await readBlob(value.$blob, blobs, refuse);
  const literal = value.$literal;
  const isLiteral = typeof literal === "object" && literal !== null && !Array.isArray(literal);
  const entries = Object.entries(isLiteral ? literal : value);
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([key, inner]) => [key, await unpack(inner, blobs, refuse)] as const),
    ),
  );
}

async function readBlob(name: string, blobs: string, refuse: Refuse): Promise<string> {
  if (!blobName.test(name)) throw refuse(`"${name.slice(0, 80)}" names no text`);
  const path = join(blobs, name);
  const size = await Deno.stat(path).then((info) => info.size, () => -1);
  if (size < 0) throw refuse(`the text "${name}" is missing; copy the folder "blobs" along with the log`);
  if (size > blobBytesMax) throw refuse(`the text "${name}" is longer than ${blobBytesMax} bytes`);
  const bytes = await Deno.readFile(path);
  if (`sha256-${createHash("sha256").update(bytes).digest("hex")}` !== name) {
    throw refuse(`the text "${name}" has been changed`);
  }
  return new TextDecoder().decode(bytes);
}
