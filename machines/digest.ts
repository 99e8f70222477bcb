// Digests of states: they find a fold that differs, not an attacker.
import { crc32 } from "node:zlib";

/** CRC-32 of a text, as 8 hex digits. */
export function digest(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** The longest text of a part that is digested as it is. */
const partCharsMax = 64;
const known = new WeakMap<object, string>();

/**
 * What stands for a part of a state in a digest: its JSON, or the digest of that when it is longer. A frozen part can
 * never change, so its digest is found out once, however many steps it is part of.
 */
export function partText(part: unknown): string {
  if (typeof part !== "object" || part === null) return JSON.stringify(part) ?? "";
  const found = known.get(part);
  if (found !== undefined) return found;
  const text = JSON.stringify(part);
  if (text.length <= partCharsMax) return text;
  const short = digest(text);
  if (Object.isFrozen(part)) known.set(part, short);
  return short;
}
