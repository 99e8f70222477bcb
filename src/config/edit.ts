// Changes one value of a TOML text and leaves everything else as it is: comments, order, spaces, line ends. Pure.
import { isDeepStrictEqual } from "node:util";
import { stringify } from "smol-toml";
import { Problem } from "../protocol/problem.ts";
import { faultLine, readToml } from "./parse.ts";
import { isPrefix, keyText, pathText, type Place, placesIn } from "./toml_places.ts";

type Table = Record<string, unknown>;

/** The text with this value at this path. Throws a Problem `bad_request` where only a person can decide how to write it. */
export function setInToml(text: string, path: readonly string[], value: unknown): string {
  const wanted = withValue(valuesOf(text), path, value);
  const edited = edit(text, path, value, wanted);
  // The proof that nothing else has changed, whatever the text looks like.
  const read = readToml(edited);
  if (read.ok && isDeepStrictEqual(plain(read.value), plain(wanted))) return edited;
  throw cannotSet(path, "the way the file writes its surroundings leaves no place for it");
}

function edit(text: string, path: readonly string[], value: unknown, wanted: Table): string {
  const places = placesIn(text);
  const values = places.filter(({ kind }) => kind === "value");
  const own = values.find((place) => isPrefix(place.path, path));
  if (own !== undefined) {
    // It may be part of an inline table, which is written anew as a whole.
    const whole = own.path.length === path.length ? value : valueAt(wanted, own.path);
    return splice(text, own.valueStart, own.end, literal(whole));
  }
  if (places.some((place) => isPrefix(path, place.path))) throw cannotSet(path, "it is a table");
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const statement = (keys: readonly string[]) => `${keys.map(keyText).join(".")} = ${literal(value)}`;
  const table = path.slice(0, -1);
  const header = places.find((place) => place.kind === "table" && same(place.path, table));
  if (table.length > 0 && header === undefined) {
    const start = `[${table.map(keyText).join(".")}]${newline}${statement(path.slice(-1))}${newline}`;
    const gap = text === "" || text === "\ufeff" ? "" : /\n$/.test(text) ? newline : newline + newline;
    return text + gap + start;
  }
  const at = afterTable(text, places, header);
  const before = at > 0 && text[at - 1] !== "\n" && text[at - 1] !== "\ufeff" ? newline : "";
  return splice(text, at, at, `${before}${statement(path.slice(-1))}${newline}`);
}

/** Behind the last statement of the table; for the root without any: before the first header and its comments. */
function afterTable(text: string, places: readonly Place[], header: Place | undefined): number {
  const from = header === undefined ? 0 : places.indexOf(header) + 1;
  const next = places.findIndex((place, index) => index >= from && place.kind === "table");
  const last = places.slice(from, next < 0 ? undefined : next).at(-1) ?? header;
  if (last !== undefined) return lineEnd(text, last.end);
  const first = places[next];
  if (first === undefined) return text.length;
  const lines = text.slice(0, first.start).split("\n");
  let kept = lines.length - 1;
  while (kept > 0 && /^\s*#/.test(lines[kept - 1] ?? "")) kept--;
  const at = lines.slice(0, kept).reduce((sum, line) => sum + line.length + 1, 0);
  return at === 0 && text.startsWith("\ufeff") ? 1 : at;
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}

function splice(text: string, from: number, to: number, replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}

/** A value as it is written behind the equals sign, on one line. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (isTable(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${keyText(key)} = ${literal(inner)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return stringify({ v: value }).slice("v = ".length).trimEnd();
}

function valuesOf(text: string): Table {
  const read = readToml(text);
  if (read.ok) return read.value;
  throw new Problem("bad_config", `Cannot change the config: ${faultLine(read.faults[0])}`, {
    hint: "Correct that line first; jamey config check looks again",
  });
}

function withValue(table: Table, [key = "", ...rest]: readonly string[], value: unknown): Table {
  const inner = table[key];
  return { ...table, [key]: rest.length === 0 ? value : withValue(isTable(inner) ? inner : {}, rest, value) };
}

function valueAt(table: Table, path: readonly PropertyKey[]): unknown {
  return path.reduce((here: unknown, key) => isTable(here) ? here[String(key)] : undefined, table);
}

/** Without the parser's missing prototypes, so that equal values are equal. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date) return value.toISOString();
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function same(one: readonly PropertyKey[], other: readonly PropertyKey[]): boolean {
  return one.length === other.length && isPrefix(one, other);
}

function cannotSet(path: readonly string[], why: string): Problem {
  return new Problem("bad_request", `Cannot set "${pathText(path)}": ${why}`, {
    hint: "Edit the file; jamey config path says where it is, jamey config check reads it",
  });
}
