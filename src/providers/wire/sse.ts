// Reads server-sent events from a body, bounded. The SDK's own reader buffers a line of any length, replaces broken UTF-8
// (a changed character in a command is another command) and does not tell an answer that ended from one that was cut.
import { messageOf } from "../../protocol/problem.ts";
import { badAnswer, CallFailure } from "./failure.ts";
import type { IdleWatch } from "./idle_watch.ts";

/** One event may be this long: a whole tool call with a file in it may come as one. */
export const eventBytesMax = 16 * 1024 * 1024;
/** All of one answer, with its framing. */
export const answerBytesMax = 128 * 1024 * 1024;

export interface ServerEvent {
  /** Empty when the event had no name. */
  event: string;
  data: string;
}

/**
 * Yields the events of a body; lines end with LF or CRLF. Throws a CallFailure: `disconnected` when the connection breaks,
 * `bad_answer` for what is not an event stream or beyond the limits, and what the watch throws; everything before is yielded.
 * At the end of the body an unfinished event counts only if it is whole JSON or `[DONE]` (some servers leave out the last
 * blank line). An event with the same non-empty `id:` and data as the one before it is a repetition and is left out.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  watch: IdleWatch,
  limitMs: () => number | undefined,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const lines = lineSplitter();
  const events = eventParser();
  let received = 0;
  try {
    while (true) {
      const { value, done } = await watch.wait(readNext(reader), limitMs());
      if (done) break;
      received += value.length;
      if (received > answerBytesMax) throw badAnswer(`it is longer than ${answerBytesMax} bytes`);
      for (const line of lines.push(value)) {
        const event = events.push(line);
        if (event !== null) yield event;
      }
    }
    const last = events.end(lines.end());
    if (last !== null) yield last;
  } finally {
    // Not awaited: a cancel may wait for a connection that says nothing.
    reader.cancel().catch(() => {});
  }
}

async function readNext(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (error) {
    throw new CallFailure("disconnected", `the connection broke: ${messageOf(error)}`, { retry: true });
  }
}

const lineFeed = 0x0a;

/** Splits bytes into lines; a line that comes in many parts is joined once. */
function lineSplitter() {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let size = 0;

  const take = (part: Uint8Array) => {
    parts.push(part);
    size += part.length;
    if (size > eventBytesMax) throw badAnswer(`one line is longer than ${eventBytesMax} bytes`);
  };
  const join = (): string => {
    const line = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.length;
    }
    parts = [];
    size = 0;
    try {
      return decoder.decode(line).replace(/\r$/, "");
    } catch {
      throw badAnswer("it is not valid UTF-8");
    }
  };

  return {
    *push(bytes: Uint8Array): Generator<string> {
      let from = 0;
      for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
        take(bytes.subarray(from, at));
        from = at + 1;
        yield join();
      }
      if (from < bytes.length) take(bytes.subarray(from));
    },
    /** The last line, when no line end followed; cut text says nothing, so it may be half a character. */
    end(): string {
      try {
        return join();
      } catch {
        return "";
      }
    },
  };
}

function eventParser() {
  let event = "";
  let id = "";
  let data: string[] = [];
  let size = 0;
  let before: { id: string; data: string } | null = null;

  const take = (): ServerEvent | null => {
    const ready = data.length > 0 ? { event, data: data.join("\n") } : null;
    const repeated = ready !== null && id !== "" && before?.id === id && before.data === ready.data;
    if (ready !== null) before = { id, data: ready.data };
    event = id = "";
    data = [];
    size = 0;
    return repeated ? null : ready;
  };
  /** Takes one line without its end; an empty one completes the event. */
  const push = (line: string): ServerEvent | null => {
    if (line === "") return take();
    if (line.startsWith(":")) return null;
    size += line.length;
    if (size > eventBytesMax) throw badAnswer(`one event is longer than ${eventBytesMax} bytes`);
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field !== "retry") throw badAnswer(`"${field.slice(0, 80)}" is no field of an event stream`);
    return null;
  };
  const end = (rest: string): ServerEvent | null => {
    if (rest.startsWith("data:")) push(rest);
    const last = take();
    return last !== null && isWhole(last.data) ? last : null;
  };
  return { push, end };
}

function isWhole(data: string): boolean {
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
