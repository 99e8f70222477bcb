// Reads a search pattern: the regular expressions of ripgrep and JavaScript without look-around and back-references,
// which no matcher of bounded time can offer.
import { Problem } from "../src/protocol/problem.ts";
import {
  anyUnit,
  type CharSet,
  digits,
  ignoreCase,
  lastUnit,
  namedSets,
  negate,
  normalize,
  spaces,
  wordUnits,
} from "./pattern_charset.ts";

export const patternCharsMax = 1000;
const groupDepthMax = 50;
const repeatMax = 1000;

export type Pattern =
  | { kind: "set"; set: CharSet }
  | { kind: "assert"; what: Assertion }
  | { kind: "sequence"; parts: Pattern[] }
  | { kind: "choice"; parts: Pattern[] }
  | { kind: "repeat"; part: Pattern; least: number; most: number };
export type Assertion = "start" | "end" | "boundary" | "no boundary";

/** The pattern as a tree; throws a Problem that names the place of a mistake. */
export function parsePattern(source: string, options: { ignoreCase: boolean }): Pattern {
  const flags = source.match(/^\(\?i\)/);
  const reader: Reader = {
    source,
    at: flags ? flags[0].length : 0,
    depth: 0,
    fold: options.ignoreCase || flags !== null,
  };
  const pattern = readChoice(reader);
  if (reader.at < source.length) throw wrong(reader, 'this ")" closes nothing');
  return pattern;
}

interface Reader {
  source: string;
  at: number;
  depth: number;
  fold: boolean;
}

function wrong(reader: Reader, what: string): Problem {
  return new Problem(
    "bad_request",
    `Cannot search for "${reader.source}": at character ${reader.at + 1}, ${what}`,
  );
}

function readChoice(reader: Reader): Pattern {
  const parts = [readSequence(reader)];
  while (reader.source[reader.at] === "|") {
    reader.at++;
    parts.push(readSequence(reader));
  }
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind: "choice", parts };
}

function readSequence(reader: Reader): Pattern {
  const parts: Pattern[] = [];
  while (reader.at < reader.source.length && !"|)".includes(reader.source.charAt(reader.at))) {
    parts.push(readRepeats(reader, readOne(reader)));
  }
  return { kind: "sequence", parts };
}

function readRepeats(reader: Reader, part: Pattern): Pattern {
  const counts = reader.source.slice(reader.at).match(/^(?:([*+?])|\{(\d{1,4})(,(\d{1,4})?)?\})\??/);
  if (!counts) return part;
  const [whole, sign, low, comma, high] = counts;
  const least = sign ? (sign === "+" ? 1 : 0) : Number(low);
  const most = sign ? (sign === "?" ? 1 : Infinity) : high ? Number(high) : comma ? Infinity : least;
  if (most < least) throw wrong(reader, "the counts are in the wrong order");
  if (least > repeatMax || (most !== Infinity && most > repeatMax)) {
    throw wrong(reader, `counts go up to ${repeatMax}`);
  }
  reader.at += whole.length;
  if (/^[*+?]/.test(reader.source.slice(reader.at))) throw wrong(reader, "there is nothing to repeat");
  return { kind: "repeat", part, least, most };
}

function readOne(reader: Reader): Pattern {
  const character = reader.source.charAt(reader.at);
  switch (character) {
    case "(":
      return readGroup(reader);
    case "[":
      return readClass(reader);
    case "\\":
      return readEscape(reader);
    case "*":
    case "+":
    case "?":
      throw wrong(reader, `there is nothing to repeat, write "\\${character}" for the character`);
  }
  reader.at++;
  if (character === ".") return { kind: "set", set: anyUnit };
  if (character === "^") return { kind: "assert", what: "start" };
  if (character === "$") return { kind: "assert", what: "end" };
  return literal(reader, character.charCodeAt(0));
}

function literal(reader: Reader, unit: number): Pattern {
  return setOf(reader, [[unit, unit]]);
}

function setOf(reader: Reader, set: CharSet): Pattern {
  return { kind: "set", set: reader.fold ? ignoreCase(set) : set };
}

function readGroup(reader: Reader): Pattern {
  const opening = reader.source.slice(reader.at).match(/^\((?:\?:|\?P?<[A-Za-z_]\w*>)?/)?.[0] ?? "(";
  if (reader.source.startsWith("(?", reader.at) && opening === "(") {
    throw wrong(reader, "look-around and inline flags are not supported, only (?:...) and a leading (?i)");
  }
  if (++reader.depth > groupDepthMax) throw wrong(reader, `groups nest at most ${groupDepthMax} deep`);
  reader.at += opening.length;
  const inside = readChoice(reader);
  if (reader.source[reader.at] !== ")") throw wrong(reader, 'a ")" is missing');
  reader.at++;
  reader.depth--;
  return inside;
}

/** One escape outside brackets. */
function readEscape(reader: Reader): Pattern {
  const next = reader.source.charAt(reader.at + 1);
  if (next === "b" || next === "B") {
    reader.at += 2;
    return { kind: "assert", what: next === "b" ? "boundary" : "no boundary" };
  }
  if (/[1-9k]/.test(next)) throw wrong(reader, "back-references are not supported");
  return setOf(reader, readEscapedSet(reader));
}

const escapedSets: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: negate(digits),
  w: wordUnits,
  W: negate(wordUnits),
  s: spaces,
  S: negate(spaces),
};
const escapedUnits: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0, b: 8 };

/** What `\x` stands for, inside or outside brackets. */
function readEscapedSet(reader: Reader): CharSet {
  const rest = reader.source.slice(reader.at + 1);
  const code = rest.match(/^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|[ux]\{([\da-fA-F]{1,4})\})/);
  if (code) {
    reader.at += 1 + code[0].length;
    const unit = parseInt(code[1] ?? code[2] ?? code[3] ?? "", 16);
    return [[unit, unit]];
  }
  const name = rest.charAt(0);
  if (name === "") throw wrong(reader, "a single backslash at the end, write two for the character");
  const set = escapedSets[name];
  const unit = escapedUnits[name] ?? name.charCodeAt(0);
  if (set === undefined && /[A-Za-z]/.test(name) && !(name in escapedUnits)) {
    throw wrong(reader, `"\\${name}" has no meaning here`);
  }
  reader.at += 2;
  return set ?? [[unit, unit]];
}

function readClass(reader: Reader): Pattern {
  reader.at++;
  const isNegated = reader.source[reader.at] === "^";
  if (isNegated) reader.at++;
  const ranges: (readonly [number, number])[] = [];
  while (reader.source[reader.at] !== "]") {
    if (reader.at >= reader.source.length) throw wrong(reader, 'a "]" is missing');
    ranges.push(...readClassPart(reader));
  }
  reader.at++;
  const set = reader.fold ? ignoreCase(normalize(ranges)) : normalize(ranges);
  return { kind: "set", set: isNegated ? negate(set) : set };
}

function readClassPart(reader: Reader): CharSet {
  const named = reader.source.slice(reader.at).match(/^\[:(\w+):\]/);
  const set = named ? namedSets[named[1] ?? ""] : undefined;
  if (named && set) {
    reader.at += named[0].length;
    return set;
  }
  const low = readClassUnit(reader);
  const from = singleUnit(low);
  const isRange = reader.source[reader.at] === "-" && reader.source.charAt(reader.at + 1) !== "]";
  if (!isRange || from === null) return low;
  reader.at++;
  const high = readClassUnit(reader);
  const to = singleUnit(high);
  if (to === null) return [...low, [45, 45], ...high];
  if (to < from) throw wrong(reader, "the range is in the wrong order");
  return [[from, Math.min(to, lastUnit)]];
}

function readClassUnit(reader: Reader): CharSet {
  if (reader.source[reader.at] === "\\") return readEscapedSet(reader);
  if (reader.at >= reader.source.length) throw wrong(reader, 'a "]" is missing');
  const unit = reader.source.charCodeAt(reader.at++);
  return [[unit, unit]];
}

function singleUnit(set: CharSet): number | null {
  const [first] = set;
  return set.length === 1 && first && first[0] === first[1] ? first[0] : null;
}
