// Reads server-sent events from a body, bounded. The SDK's own reader buffers a line of any length, replaces broken UTF-8
// (a changed character in a command is another command) and does not tell an answer that ended from one that was cut.
import { messageOf } from "../../protocol/problem.ts";
import { badAnswer, CallFailure } from "./failure.ts";
import type { IdleWatch } from "./idle_watch.ts";

/** One event may be this long: a whole tool call with a file in it may come as one. */
export const eventCharsMax = 16 * 1024 * 1024;
/** All of one answer, with its framing. */
export const answerBytesMax = 128 * 1024 * 1024;

export interface ServerEvent {
  /** Empty when the event had no name. */
  event: string;
  data: string;
}

/**
 * Yields the events of a body. Throws a CallFailure: `disconnected` when the connection breaks, `bad_answer` for what is
 * not an event stream or beyond the limits, and what the watch throws. At the end of the body an unfinished event counts
 * only if it is whole JSON or `[DONE]` (some servers leave out the last blank line). An event with the same non-empty `id:`
 * and the same data as the one before it is a repetition and is left out.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  watch: IdleWatch,
  limitMs: () => number | undefined,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parser = eventParser();
  let received = 0;
  try {
    while (true) {
      const { value, done } = await watch.wait(readNext(reader), limitMs());
      if (done) break;
      received += value.length;
      if (received > answerBytesMax) throw badAnswer(`it is longer than ${answerBytesMax} bytes`);
      yield* parser.push(decode(decoder, value));
    }
    yield* parser.end();
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

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    throw badAnswer("it is not valid UTF-8");
  }
}

function eventParser() {
  let rest = "";
  /** How much of `rest` is known to hold no line end, so that a long line is not searched again and again. */
  let searched = 0;
  let event = "";
  let id = "";
  let data: string[] = [];
  let size = 0;
  let before: { id: string; data: string } | null = null;

  const takeLine = (line: string) => {
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field !== "retry") throw badAnswer(`"${field.slice(0, 40)}" is no field of an event stream`);
  };
  const takeEvent = (): ServerEvent | null => {
    const ready = data.length > 0 ? { event, data: data.join("\n") } : null;
    const repeated = ready !== null && id !== "" && before?.id === id && before.data === ready.data;
    if (ready !== null) before = { id, data: ready.data };
    event = id = "";
    data = [];
    size = 0;
    return repeated ? null : ready;
  };

  return {
    *push(text: string): Generator<ServerEvent> {
      rest += text;
      while (true) {
        const end = nextLineEnd(rest, searched);
        if (end === null) break;
        const line = rest.slice(0, end.at);
        rest = rest.slice(end.next);
        searched = 0;
        size += line.length;
        if (line !== "") takeLine(line);
        const ready = line === "" ? takeEvent() : null;
        if (ready !== null) yield ready;
      }
      searched = Math.max(0, rest.length - 1);
      if (size + rest.length > eventCharsMax) {
        throw badAnswer(`one event is longer than ${eventCharsMax} characters`);
      }
    },
    *end(): Generator<ServerEvent> {
      if (/^data:/.test(rest)) takeLine(rest.replace(/\r$/, ""));
      const last = takeEvent();
      if (last !== null && isWhole(last.data)) yield last;
    },
  };
}

/** Lines end with LF, CRLF or CR; a CR at the end of the text may be half a CRLF, so it waits. */
function nextLineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) return { at, next: at + 1 };
    if (code !== 0x0d) continue;
    if (at + 1 === text.length) return null;
    return { at, next: text.charCodeAt(at + 1) === 0x0a ? at + 2 : at + 1 };
  }
  return null;
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
