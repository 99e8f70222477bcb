// Words and signs of the language of templates and conditions, one at a time, with their places.

/** What is wrong with a template or a condition, or with what it read; `at` is a place in its text. */
export class TemplateFault extends Error {
  override readonly name = "TemplateFault";
  readonly at: number;
  /** It read something that is not there, so a default may stand in for it. */
  readonly isMissing: boolean;

  constructor(message: string, at: number, { isMissing = false } = {}) {
    super(message);
    this.at = at;
    this.isMissing = isMissing;
  }
}

export type Token =
  & { at: number; end: number; text: string }
  & (
    | { kind: "word" }
    | { kind: "sign" }
    | { kind: "text"; value: string }
    | { kind: "number"; value: number }
    /** `}}` */
    | { kind: "close" }
    | { kind: "end" }
  );

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
// All of these stick to one place, so that a long text is never searched.
const space = /\s*/y;
const number = /-?\d+(\.\d+)?/y;
// A minus may stand inside a name, as in the names of nodes; there is no subtraction.
const word = /[A-Za-z_][A-Za-z0-9_-]*/y;
const sign = /==|!=|<=|>=|[<>|.,()[\]]/y;

/** The token at this place, white space before it left out; throws a TemplateFault at what is none. */
export function tokenAt(text: string, from: number): Token {
  const at = from + (stick(space, text, from) ?? "").length;
  if (at >= text.length) return { kind: "end", at, end: at, text: "the end" };
  const found = stick(word, text, at);
  if (found !== undefined) return { kind: "word", at, end: at + found.length, text: found };
  const digits = stick(number, text, at);
  if (digits !== undefined) {
    return { kind: "number", at, end: at + digits.length, text: digits, value: Number(digits) };
  }
  const here = text.charAt(at);
  if (here === '"' || here === "'") return textAt(text, at);
  if (text.startsWith("}}", at)) return { kind: "close", at, end: at + 2, text: "}}" };
  const mark = stick(sign, text, at);
  if (mark !== undefined) return { kind: "sign", at, end: at + mark.length, text: mark };
  const hint = here === "="
    ? ', use "==" to compare'
    : here === "&"
    ? ', use "and"'
    : here === "!"
    ? ', use "not"'
    : "";
  throw new TemplateFault(`"${here}" has no meaning here${hint}`, at);
}

function textAt(text: string, at: number): Token {
  const quote = text.charAt(at);
  let value = "";
  for (let i = at + 1; i < text.length; i++) {
    const here = text.charAt(i);
    if (here === quote) return { kind: "text", at, end: i + 1, text: text.slice(at, i + 1), value };
    if (here === "\\") {
      const escaped = text.charAt(++i);
      value += escapes[escaped] ?? escaped;
    } else value += here;
  }
  throw new TemplateFault(`the closing ${quote} of a text is missing`, at);
}

function stick(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
