// Scratch space in which a batch of chained lines is put together before one write.
import { lineRoom, writeLine } from "./line.ts";

export interface LineBuffer {
  /** Starts a batch behind the line with this CRC. */
  start(previous: number): void;
  add(body: string): void;
  size(): number;
  /** CRC of the last line. */
  crc(): number;
  /** The batch; valid until the next `start`. */
  bytes(): Uint8Array;
}

const startBytes = 64 * 1024;
/** A buffer that grew beyond this for one big batch is given back. */
const keptBytes = 4 * 1024 * 1024;

/** Makes a buffer; one serves all logs of a store, because a batch is encoded and written within one tick. */
export function makeLineBuffer(): LineBuffer {
  let buffer = new Uint8Array(startBytes);
  let end = 0;
  let last = 0;
  return {
    start(previous) {
      if (buffer.length > keptBytes) buffer = new Uint8Array(startBytes);
      end = 0;
      last = previous;
    },
    add(body) {
      const needed = end + lineRoom(body);
      if (needed > buffer.length) {
        const bigger = new Uint8Array(Math.max(needed, buffer.length * 2));
        bigger.set(buffer.subarray(0, end));
        buffer = bigger;
      }
      const line = writeLine(buffer, end, body, last);
      end = line.end;
      last = line.crc;
    },
    size: () => end,
    crc: () => last,
    bytes: () => buffer.subarray(0, end),
  };
}
