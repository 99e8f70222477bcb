// How large and how deep a value of a run may be: it stands in one fact, and whatever reads it goes all the way down.
import type { JsonValue } from "../protocol/json.ts";

/** Characters of the JSON of all that one node is given, or gives. */
export const valueCharsMax = 4_000_000;
export const valueDepthMax = 100;
/** What JSON writes in more than one character. */
const written = /[\p{Cc}"\\\p{Cs}]/u;
/** Quotes, a comma, a colon: of every text, key, list and object. */
const aroundChars = 4;

/** Why the value cannot be used, or null. Ends soon also for one that holds itself a million times. */
export function boundsFault(value: JsonValue): string | null {
  let chars = 0;
  const open: [value: JsonValue, depth: number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [here, depth] = next;
    chars += aroundChars;
    if (typeof here === "string") chars += lengthOf(here);
    else if (typeof here === "number") chars += 20;
    else if (typeof here === "object" && here !== null) {
      if (depth > valueDepthMax) return `it is nested deeper than ${valueDepthMax}`;
      const items = Array.isArray(here) ? here : Object.values(here);
      if (!Array.isArray(here)) { for (const key of Object.keys(here)) chars += lengthOf(key) + aroundChars; }
      if (chars + items.length * aroundChars > valueCharsMax) return tooLong;
      for (const item of items) open.push([item, depth + 1]);
    }
    if (chars > valueCharsMax) return tooLong;
  }
  return null;
}

const tooLong = `it is longer than ${valueCharsMax} characters`;

function lengthOf(text: string): number {
  if (text.length > valueCharsMax) return text.length;
  return written.test(text) ? JSON.stringify(text).length : text.length;
}
