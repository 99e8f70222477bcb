// Digests of states: they find a fold that differs, not an attacker.
import { crc32 } from "node:zlib";

/** CRC-32 of a text, as 8 hex digits. */
export function digest(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
