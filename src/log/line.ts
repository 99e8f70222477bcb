// One line of a log file: {"_":"LLLLLLLLCCCCCCCCPPPPPPPP",<body>\n, valid JSON as a whole.
// L is the length of the body in bytes, C the CRC-32 of the body seeded with P, P the C of the line before; 8 hex digits each.
import { crc32 } from "node:zlib";

export const headBytes = 32;
/** No line is longer: big values live in blobs. */
export const lineBytesMax = 16 * 1024 * 1024;

const encoder = new TextEncoder();
const opening = encoder.encode('{"_":"');
const quote = 0x22;
const comma = 0x2c;
const newline = 0x0a;

export interface Line {
  start: number;
  bodyStart: number;
  bodyEnd: number;
  /** Where the next line starts. */
  next: number;
  crc: number;
  previous: number;
}

/** The most bytes that a body of this text can take as a line. */
export function lineRoom(body: string): number {
  return headBytes + body.length * 3 + 1;
}

/** Writes one line at an offset; the target has `lineRoom`. The body is a JSON object without its opening brace. */
export function writeLine(
  target: Uint8Array,
  at: number,
  body: string,
  previous: number,
): { end: number; crc: number } {
  const bodyStart = at + headBytes;
  const length = encoder.encodeInto(body, target.subarray(bodyStart)).written;
  const bodyEnd = bodyStart + length;
  const crc = crc32(target.subarray(bodyStart, bodyEnd), previous);
  target.set(opening, at);
  writeHex8(target, at + 6, length);
  writeHex8(target, at + 14, crc);
  writeHex8(target, at + 22, previous);
  target[at + 30] = quote;
  target[at + 31] = comma;
  target[bodyEnd] = newline;
  return { end: bodyEnd + 1, crc };
}

/**
 * Checks the line at `start` by itself: form, length, CRC. `incomplete` when it would need bytes beyond `end`,
 * `bad` when it is no line. Whether `previous` fits is for the caller, who knows the line before.
 */
export function checkLine(bytes: Uint8Array, start: number, end: number): Line | "incomplete" | "bad" {
  const here = Math.min(end - start, opening.length);
  for (let i = 0; i < here; i++) if (bytes[start + i] !== opening[i]) return "bad";
  if (end - start < headBytes) return "incomplete";
  const length = readHex8(bytes, start + 6);
  const crc = readHex8(bytes, start + 14);
  const previous = readHex8(bytes, start + 22);
  if (bytes[start + 30] !== quote || bytes[start + 31] !== comma) return "bad";
  if (length < 0 || crc < 0 || previous < 0 || length > lineBytesMax) return "bad";
  const bodyStart = start + headBytes;
  const bodyEnd = bodyStart + length;
  if (bodyEnd >= end) return "incomplete";
  if (bytes[bodyEnd] !== newline) return "bad";
  if (crc32(bytes.subarray(bodyStart, bodyEnd), previous) !== crc) return "bad";
  return { start, bodyStart, bodyEnd, next: bodyEnd + 1, crc, previous };
}

/** The offset of the next place at or after `from` where a line may start, or -1. */
export function findLine(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x7b, from); at >= 0; at = bytes.indexOf(0x7b, at + 1)) {
    if (opening.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** A CRC as it stands in files. */
export function hex8(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** Digit by digit: as text it would cost more than the CRC does. */
function writeHex8(target: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 8; i++) {
    const digit = (value >>> (28 - 4 * i)) & 0xf;
    target[at + i] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
}

/** Strict: lower case only, so that no flipped bit reads as the same number. */
function readHex8(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const byte = bytes[i] ?? 0;
    const digit = byte >= 0x30 && byte <= 0x39
      ? byte - 0x30
      : byte >= 0x61 && byte <= 0x66
      ? byte - 0x57
      : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}
