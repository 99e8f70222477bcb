// What a search pattern asks of a file's bytes: a wider pattern for ripgrep, and a piece of text that must be there.
// Both find too much, never too little: where one begins and where it ends, and what is not ASCII, is left open.
import type { CharSet } from "./pattern_charset.ts";
import type { Pattern } from "./pattern_syntax.ts";

const asciiMax = 0x7f;
const newline = 10;
/** Larger counts are widened to "so many or more", which keeps ripgrep's automata small. */
const countMax = 20;
const literalCharsMin = 2;

/**
 * A regular expression over bytes, for lines that end in LF: it matches in every line in which `pattern` does. Null when
 * it would match every line, or says something that bytes cannot.
 */
export function bytesPattern(pattern: Pattern): string | null {
  if (isNullable(pattern)) return null;
  const wide = widen(pattern);
  return wide === null ? null : `(?-u)${wide}`;
}

function isNullable(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "set":
      return false;
    case "assert":
      return true;
    case "sequence":
      return pattern.parts.every(isNullable);
    case "choice":
      return pattern.parts.some(isNullable);
    case "repeat":
      return pattern.least === 0 || isNullable(pattern.part);
    default:
      return pattern satisfies never;
  }
}

function widen(pattern: Pattern): string | null {
  switch (pattern.kind) {
    case "set":
      return widenSet(pattern.set);
    case "assert":
      return "";
    case "sequence":
      return joined(pattern.parts.map(widen), "");
    case "choice": {
      const parts = joined(pattern.parts.map(widen), "|");
      return parts === null ? null : `(?:${parts})`;
    }
    case "repeat": {
      const part = widen(pattern.part);
      if (part === null) return null;
      const least = Math.min(pattern.least, countMax);
      const most = pattern.most > countMax ? "" : String(pattern.most);
      return `(?:${part}){${least},${most}}`;
    }
    default:
      return pattern satisfies never;
  }
}

function joined(parts: readonly (string | null)[], between: string): string | null {
  return parts.includes(null) ? null : parts.join(between);
}

function widenSet(set: CharSet): string | null {
  const ascii = set.flatMap(([low, high]) => {
    const end = Math.min(high, asciiMax);
    // A line holds no line end.
    const ranges = low <= newline && newline <= end ? [[low, newline - 1], [newline + 1, end]] : [[low, end]];
    return ranges.filter(([from = 0, to = 0]) => from <= to).map(([from = 0, to = 0]) => rangeOf(from, to));
  });
  const isWide = set.some(([, high]) => high > asciiMax);
  const one = ascii.length === 0 ? [] : [`[${ascii.join("")}]`];
  // One character is some bytes, and half a surrogate pair, or a byte that is not UTF-8, is at least one.
  const options = isWide ? [...one, "[\\x80-\\xff]+"] : one;
  if (options.length === 0) return null;
  return options.length === 1 && !isWide ? options.join("") : `(?:${options.join("|")})`;
}

function rangeOf(low: number, high: number): string {
  const byte = (unit: number) => `\\x${unit.toString(16).padStart(2, "0")}`;
  return low === high ? byte(low) : `${byte(low)}-${byte(high)}`;
}

/** The longest text that every line which fits must hold; null when there is none that would help. */
export function requiredText(pattern: Pattern): string | null {
  const runs = textRuns(pattern);
  const longest = runs.reduce((best, run) => run.length > best.length ? run : best, "");
  return longest.length < literalCharsMin ? null : longest;
}

function textRuns(pattern: Pattern): string[] {
  if (pattern.kind === "repeat") return pattern.least > 0 ? textRuns(pattern.part) : [];
  if (pattern.kind !== "sequence") return [singleUnit(pattern)];
  const runs: string[] = [];
  let run = "";
  for (const part of pattern.parts) {
    const unit = singleUnit(part);
    run += unit;
    if (unit !== "" || part.kind === "assert") continue;
    runs.push(run, ...textRuns(part));
    run = "";
  }
  return [...runs, run];
}

function singleUnit(pattern: Pattern): string {
  if (pattern.kind !== "set" || pattern.set.length !== 1) return "";
  const [range] = pattern.set;
  if (range === undefined || range[0] !== range[1]) return "";
  const text = String.fromCharCode(range[0]);
  return range[0] !== newline ? text : "";
}
