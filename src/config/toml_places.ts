// Where things stand in a TOML text: smol-toml gives the values but not their places, which messages and edits need.
// For texts that parse; it looks only for the ends of statements and leaves every other rule to the parser.
import { parse } from "smol-toml";

/** A key in a message is quoted up to this length. */
const pathCharsMax = 120;

export interface Place {
  kind: "table" | "value";
  /** The keys from the root; numbers are places in an array of tables. */
  path: (string | number)[];
  /** Counted from 1. */
  line: number;
  /** Of the whole statement, and of its value: characters from the start of the text. */
  start: number;
  valueStart: number;
  end: number;
}

/** Every table header and every key with a value, in the order of the text. */
export function placesIn(text: string): Place[] {
  const places: Place[] = [];
  const lastItem = new Map<string, number>();
  let table: (string | number)[] = [];
  let [line, counted] = [1, 0];
  const lineAt = (at: number) => {
    for (; counted < at; counted++) if (text[counted] === "\n") line++;
    return line;
  };
  for (let at = skipBlank(text, text.startsWith("\ufeff") ? 1 : 0); at < text.length;) {
    const start = at;
    if (text[at] === "[") {
      const isItem = text[at + 1] === "[";
      const from = at + (isItem ? 2 : 1);
      const to = endOfKey(text, from, "]");
      table = withItems(keysOf(text.slice(from, to)), lastItem, isItem);
      at = to + (isItem ? 2 : 1);
      places.push({ kind: "table", path: table, line: lineAt(start), start, valueStart: start, end: at });
    } else {
      const equals = endOfKey(text, at, "=");
      const valueStart = skipSpaces(text, equals + 1);
      const path = [...table, ...keysOf(text.slice(at, equals))];
      at = endOfValue(text, valueStart);
      places.push({ kind: "value", path, line: lineAt(start), start, valueStart, end: at });
    }
    // Nothing but a comment may follow on the line; always forward, whatever the text is.
    at = skipBlank(text, Math.max(at, start + 1));
  }
  return places;
}

/** The line of a path, or of the nearest thing around it; undefined for the whole text. */
export function lineOf(places: readonly Place[], path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const wanted = path.slice(0, length);
    const found = places.find((place) => isPrefix(wanted, place.path));
    if (found !== undefined) return found.line;
  }
  return undefined;
}

export function isPrefix(prefix: readonly PropertyKey[], path: readonly PropertyKey[]): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index]);
}

/** The keys of a dotted key, as the parser understands them; it throws for what is no key. */
export function keysOf(source: string): string[] {
  const keys: string[] = [];
  let value: unknown = parse(`${source.trim()} = 0`);
  while (typeof value === "object" && value !== null) {
    const [entry] = Object.entries(value);
    if (entry === undefined) break;
    keys.push(entry[0]);
    value = entry[1];
  }
  return keys;
}

/** A path as it is written in TOML: quoted where it must be. */
export function pathText(path: readonly PropertyKey[]): string {
  const keys = path.map((key) => {
    const text = typeof key === "number" ? String(key) : keyText(String(key));
    return text.slice(0, pathCharsMax);
  });
  return keys.join(".");
}

export function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

/** Puts the number of the current item behind every array of tables on the way. */
function withItems(keys: string[], lastItem: Map<string, number>, isItem: boolean): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [index, key] of keys.entries()) {
    path.push(key);
    const name = JSON.stringify(path);
    if (isItem && index === keys.length - 1) lastItem.set(name, (lastItem.get(name) ?? -1) + 1);
    const item = lastItem.get(name);
    if (item !== undefined) path.push(item);
  }
  return path;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function skipBlank(text: string, from: number): number {
  for (let at = from;;) {
    const here = text[at];
    if (here === "#") at = endOfLine(text, at);
    else if (here === " " || here === "\t" || here === "\r" || here === "\n") at++;
    else return at;
  }
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}

/** Where the key ends: at this mark outside quotes. */
function endOfKey(text: string, from: number, mark: string): number {
  let at = from;
  while (at < text.length && text[at] !== mark) at = isQuote(text[at]) ? endOfString(text, at) : at + 1;
  return at;
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length;) {
    const here = text[at];
    if (isQuote(here)) {
      at = endOfString(text, at);
      if (depth === 0) return at;
    } else if (here === "[" || here === "{") {
      depth++;
      at++;
    } else if (here === "]" || here === "}") {
      depth--;
      at++;
      if (depth <= 0) return at;
    } else if (depth > 0 && here === "#") at = endOfLine(text, at);
    else if (depth === 0 && (here === "#" || here === "\n" || here === "\r")) {
      return from + text.slice(from, at).trimEnd().length;
    } else at++;
  }
  return from + text.slice(from).trimEnd().length;
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

function endOfString(text: string, from: number): number {
  const quote = text[from] ?? "";
  const isLong = text.startsWith(quote.repeat(3), from);
  const mark = isLong ? quote.repeat(3) : quote;
  let at = from + mark.length;
  while (at < text.length && !text.startsWith(mark, at)) at += quote === '"' && text[at] === "\\" ? 2 : 1;
  at = Math.min(at + mark.length, text.length);
  // A long string may end with up to two quotes of its own before its mark.
  for (let extra = 0; isLong && extra < 2 && text[at] === quote; extra++) at++;
  return at;
}
