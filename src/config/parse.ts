// From the text of `runtime.toml` to a checked configuration, or to everything that is wrong with it. Pure.
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { messageOf, Problem } from "../protocol/problem.ts";
import { looksSecret } from "../providers/reference.ts";
import { faultsOf } from "./faults.ts";
import { type Config, config } from "./schema.ts";
import { lineOf, placesIn } from "./toml_places.ts";

/** Larger files are no configuration. */
export const configBytesMax = 1024 * 1024;
const faultsMax = 100;
/** Of what the file itself holds, in messages: a key is quoted up to this length. */
const keyCharsMax = 120;
const depthMax = 32;

/** One thing that is wrong: `what` names the key and says what to do, and never repeats a value. */
export interface Fault {
  line: number | undefined;
  what: string;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; faults: [Fault, ...Fault[]] };

/** The configuration that the text is; throws a Problem `bad_config` that names file, key and line. */
export function parseConfig(text: string, path: string, schema: z.ZodType<Config> = config): Config {
  const checked = checkToml(text, schema);
  if (checked.ok) return checked.value;
  throw faultProblem(path, checked.faults);
}

/** The same without a throw, with all faults. */
export function checkConfig(text: string): Parsed<Config> {
  return checkToml(text, config);
}

/** Reads a TOML text by a schema; at most 100 faults are told. */
export function checkToml<Schema extends z.ZodType>(text: string, schema: Schema): Parsed<z.output<Schema>> {
  const read = readToml(text);
  if (!read.ok) return read;
  const checked = schema.safeParse(read.value);
  if (checked.success) return { ok: true, value: checked.data };
  const places = placesIn(text);
  const faults = checked.error.issues.flatMap((issue) => faultsOf(issue, schema)).slice(0, faultsMax)
    .map(({ path, what }) => ({ line: lineOf(places, path), what }));
  const [first, ...others] = faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { ok: false, faults: [first ?? { line: undefined, what: "it is no configuration" }, ...others] };
}

/** The values of a TOML text; numbers that a double cannot hold and keys that touch prototypes are faults. */
export function readToml(text: string): Parsed<Record<string, unknown>> {
  if (text.length > configBytesMax) {
    return { ok: false, faults: [{ line: undefined, what: `it is larger than ${configBytesMax} bytes` }] };
  }
  try {
    return { ok: true, value: parse(text, { unsafeKeyBehaviour: "throw", maxDepth: depthMax }) };
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    return { ok: false, faults: [{ line: thrown.line, what: tomlFault(thrown, text) }] };
  }
}

/** One line: the file, the line, the fault; how many more there are is in the hint. */
export function faultProblem(path: string, [first, ...others]: readonly [Fault, ...Fault[]]): Problem {
  const more = others.length === 0 ? "" : ` (and ${others.length} more: jamey config check)`;
  return new Problem("bad_config", `Cannot read config "${path}": ${faultLine(first)}${more}`, {
    hint: first.line === undefined
      ? "Correct the file or move it away"
      : `Correct line ${first.line}, or put a # before it; jamey config check looks again`,
  });
}

export function faultLine({ line, what }: Fault): string {
  return line === undefined ? what : `line ${line}: ${what}`;
}

/** The parser's words without the piece of the file that it shows: it may hold a secret. */
function tomlFault(error: TomlError, text: string): string {
  const [first = ""] = messageOf(error).replace(/^Invalid TOML document: /, "").split("\n");
  const said = first.replace(/\.( aborting)?\.?$/, "");
  const source = text.split(/\r?\n/)[error.line - 1] ?? "";
  const key = keyOn(source);
  if (/redefine/.test(said)) return `${named(key)} is there twice; keep one of the two`;
  if (/unsafe property/.test(said)) return `${named(key)} is not a known key; remove it`;
  if (/^invalid value$/.test(said)) return `${named(key)} has no valid value; put text between double quotes`;
  return key === undefined || !source.includes("=") ? said : `${named(key)}: ${said}`;
}

/**
 * The key that a line begins with. Step by step, because the line may be anybody's: one expression for it all, with its
 * several ways to share out blanks, took minutes for some lines.
 */
function keyOn(source: string): string | undefined {
  const rest = source.trimStart().replace(/^\[{1,2}/, "");
  const end = rest.search(/[=\]#]/);
  if (end >= 0 && rest[end] === "#") return undefined;
  return (end < 0 ? rest : rest.slice(0, end)).trim() || undefined;
}

function named(key: string | undefined): string {
  // A line of a text over several lines is no key.
  return key === undefined || looksSecret(key) ? "this" : `"${key.slice(0, keyCharsMax)}"`;
}
