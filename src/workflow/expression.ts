// The small language of templates and conditions, read into a tree: paths, literals, comparisons, and/or/not, filters.
// It runs no code and has no loops; a condition such as `nodes.review.output.score >= 8 and not inputs.draft` is all of it.
import { TemplateFault, type Token, tokenAt } from "./tokens.ts";
import type { JsonValue } from "../protocol/json.ts";

export const expressionCharsMax = 4_000;
const depthMax = 40;

export const comparisons = ["==", "!=", "<", "<=", ">", ">=", "contains", "matches", "in", "not in"] as const;
export type Comparison = typeof comparisons[number];

export type Expression =
  & {
    /** Where it begins, in the text it was read from. */
    at: number;
  }
  & (
    | { kind: "literal"; value: JsonValue }
    | { kind: "list"; items: Expression[] }
    | { kind: "path"; root: string; keys: (string | number)[] }
    | { kind: "not"; of: Expression }
    | { kind: "and" | "or"; left: Expression; right: Expression }
    | { kind: "compare"; how: Comparison; left: Expression; right: Expression }
    | { kind: "filter"; name: string; of: Expression; args: Expression[] }
  );

/** Reads a whole text as one expression; throws a TemplateFault. */
export function parseExpression(text: string): Expression {
  const reader = openReader(text, 0);
  const found = readOr(reader, 0);
  const left = reader.peek();
  if (left.kind !== "end") throw fault(left, `"${left.text}" is not expected here`);
  return found;
}

/** Reads the expression that begins here and is ended by `}}`; `end` is behind that. */
export function parseUntilClose(text: string, from: number): { expression: Expression; end: number } {
  const reader = openReader(text, from);
  const expression = readOr(reader, 0);
  const close = reader.take();
  if (close.kind !== "close") {
    throw fault(
      close,
      close.kind === "end" ? 'the closing "}}" is missing' : `"${close.text}" is not expected here`,
    );
  }
  return { expression, end: close.end };
}

interface Reader {
  peek(): Token;
  take(): Token;
  /** Takes the next token when it is one of these words or signs. */
  takeIf(...texts: string[]): Token | undefined;
}

function openReader(text: string, from: number): Reader {
  let next = tokenAt(text, from);
  const take = () => {
    const taken = next;
    if (taken.end - from > expressionCharsMax) {
      throw new TemplateFault(`it is longer than ${expressionCharsMax} characters`, from);
    }
    // What comes after the end of a template is no part of the language.
    if (taken.kind !== "end" && taken.kind !== "close") next = tokenAt(text, taken.end);
    return taken;
  };
  return {
    peek: () => next,
    take,
    takeIf: (...texts) =>
      (next.kind === "word" || next.kind === "sign") && texts.includes(next.text) ? take() : undefined,
  };
}

function readOr(reader: Reader, depth: number): Expression {
  if (depth > depthMax) throw fault(reader.peek(), `it is nested deeper than ${depthMax}`);
  let left = readAnd(reader, depth);
  while (reader.takeIf("or")) left = { kind: "or", at: left.at, left, right: readAnd(reader, depth) };
  return left;
}

function readAnd(reader: Reader, depth: number): Expression {
  let left = readNot(reader, depth);
  while (reader.takeIf("and")) left = { kind: "and", at: left.at, left, right: readNot(reader, depth) };
  return left;
}

function readNot(reader: Reader, depth: number): Expression {
  if (depth > depthMax) throw fault(reader.peek(), `it is nested deeper than ${depthMax}`);
  const not = reader.takeIf("not");
  return not === undefined
    ? readComparison(reader, depth)
    : { kind: "not", at: not.at, of: readNot(reader, depth + 1) };
}

function readComparison(reader: Reader, depth: number): Expression {
  const left = readFiltered(reader, depth);
  const how = takeComparison(reader);
  if (how === undefined) return left;
  const right = readFiltered(reader, depth);
  const next = reader.peek();
  if (takeComparison(reader) !== undefined) {
    throw fault(next, 'only two values are compared at once, join two comparisons with "and"');
  }
  return { kind: "compare", at: left.at, how, left, right };
}

function takeComparison(reader: Reader): Comparison | undefined {
  const taken = reader.takeIf(...comparisons, "not");
  if (taken === undefined) return undefined;
  if (taken.text !== "not") return comparisons.find((how) => how === taken.text);
  if (reader.takeIf("in")) return "not in";
  throw fault(taken, '"not" stands before a value, or in "not in"');
}

function readFiltered(reader: Reader, depth: number): Expression {
  let of = readValue(reader, depth);
  while (reader.takeIf("|")) {
    const name = reader.take();
    if (name.kind !== "word") throw fault(name, 'the name of a filter is missing after "|"');
    of = {
      kind: "filter",
      at: name.at,
      name: name.text,
      of,
      args: reader.takeIf("(") ? readItems(reader, ")", depth) : [],
    };
  }
  return of;
}

function readValue(reader: Reader, depth: number): Expression {
  const token = reader.take();
  const { at } = token;
  switch (token.kind) {
    case "text":
    case "number":
      return { kind: "literal", at, value: token.value };
    case "word":
      return readWord(reader, token);
    case "sign":
      if (token.text === "[") return { kind: "list", at, items: readItems(reader, "]", depth) };
      if (token.text === "(") {
        const inner = readOr(reader, depth + 1);
        expectSign(reader, ")");
        return inner;
      }
      throw fault(token, `a value is missing before "${token.text}"`);
    case "close":
    case "end":
      throw fault(token, "a value is missing");
  }
}

const words: Readonly<Record<string, JsonValue>> = { true: true, false: false, null: null };
const reserved: readonly string[] = ["and", "or", "not", "in", "contains", "matches"];

function readWord(reader: Reader, word: Token): Expression {
  if (Object.hasOwn(words, word.text)) {
    return { kind: "literal", at: word.at, value: words[word.text] ?? null };
  }
  if (reserved.includes(word.text)) throw fault(word, `a value is missing before "${word.text}"`);
  const keys: (string | number)[] = [];
  for (;;) {
    if (reader.takeIf(".")) {
      const key = reader.take();
      if (key.kind !== "word") throw fault(key, 'a name is missing after "."');
      keys.push(key.text);
    } else if (reader.takeIf("[")) {
      const key = reader.take();
      if (key.kind !== "text" && !(key.kind === "number" && Number.isInteger(key.value))) {
        throw fault(key, "a place in a list is a whole number, a name a text");
      }
      keys.push(key.value);
      expectSign(reader, "]");
    } else return { kind: "path", at: word.at, root: word.text, keys };
  }
}

function readItems(reader: Reader, closing: string, depth: number): Expression[] {
  const items: Expression[] = [];
  if (reader.takeIf(closing)) return items;
  do items.push(readOr(reader, depth + 1)); while (reader.takeIf(","));
  expectSign(reader, closing);
  return items;
}

function expectSign(reader: Reader, sign: string): void {
  const token = reader.take();
  if (token.kind !== "sign" || token.text !== sign) throw fault(token, `"${sign}" is missing`);
}

function fault({ at }: Token, what: string): TemplateFault {
  return new TemplateFault(what, at);
}
