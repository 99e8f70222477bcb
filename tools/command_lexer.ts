// Cuts a shell command into words and operators, as bash would, as far as that can be told without running it.
// Expansions become `unknown`; where the text might mean something else than it seems, it throws Doubt.

/** Stands for what only the shell can know: `$x`, `$(...)`, backticks. */
export const unknown = "\0";

export type Token =
  | { kind: "word"; text: string; isPlain: boolean }
  | { kind: "operator"; text: string }
  /** `isInput`: it gives the command something to read. */
  | { kind: "redirection"; isInput: boolean };

/** The command cannot be understood for certain. */
export class Doubt extends Error {}

/** The longest first. */
const operators = ["&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n"];
const redirections = ["<<<", "<<-", "&>>", "<<", "<>", "<&", ">>", ">&", ">|", "&>", "<", ">"];
const wordEnd = /[\s;&|()<>]/;

export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const blankOrComment = /(?:[ \t]|\\\n)+|#[^\n]*/y;
  const heredocs: { mark: string; stripTabs: boolean }[] = [];
  let at = 0;
  while (at < source.length) {
    blankOrComment.lastIndex = at;
    if (blankOrComment.test(source)) {
      at = blankOrComment.lastIndex;
      continue;
    }
    if (/^[<>]\(/.test(source.slice(at, at + 2))) {
      at = endOfParentheses(source, at + 1);
      tokens.push({ kind: "word", text: unknown, isPlain: false });
      continue;
    }
    const redirection = redirections.find((text) => source.startsWith(text, at));
    if (redirection !== undefined) {
      at = skipBlanks(source, at + redirection.length);
      const target = readWord(source, at);
      at = target.end;
      if (redirection.startsWith("<<") && redirection !== "<<<") {
        heredocs.push({ mark: target.text, stripTabs: redirection === "<<-" });
      }
      tokens.push({ kind: "redirection", isInput: redirection.startsWith("<") });
      continue;
    }
    const operator = operators.find((text) => source.startsWith(text, at));
    if (operator !== undefined) {
      at += operator.length;
      tokens.push({ kind: "operator", text: operator });
      if (operator === "\n") {
        for (const heredoc of heredocs.splice(0)) at = endOfHeredoc(source, at, heredoc);
      }
      continue;
    }
    const word = readWord(source, at);
    at = word.end;
    // `2>file`: the number belongs to the redirection.
    if (word.isPlain && /^\d+$/.test(word.text) && /^[<>]/.test(source.slice(at, at + 1))) continue;
    tokens.push({ kind: "word", text: word.text, isPlain: word.isPlain });
  }
  if (heredocs.length > 0) throw new Doubt("a heredoc without its text");
  return tokens;
}

function skipBlanks(source: string, from: number): number {
  let at = from;
  while (source[at] === " " || source[at] === "\t") at++;
  return at;
}

/** One word, quotes taken off; `isPlain` when there were none and nothing had to be expanded. */
function readWord(source: string, from: number): { text: string; isPlain: boolean; end: number } {
  const parts: string[] = [];
  let isPlain = true;
  let at = from;
  while (at < source.length) {
    const character = source[at] ?? "";
    if (wordEnd.test(character)) break;
    const special = readSpecial(source, at);
    if (special === null) {
      parts.push(character);
      at++;
      continue;
    }
    isPlain = false;
    parts.push(special.text);
    at = special.end;
  }
  if (at === from) throw new Doubt("a word is missing");
  return { text: parts.join(""), isPlain, end: at };
}

interface Piece {
  text: string;
  end: number;
}

/** A quoted, escaped or expanded piece of a word; null for an ordinary character. */
function readSpecial(source: string, at: number): Piece | null {
  switch (source[at]) {
    case "\\":
      if (source[at + 1] === "\n") return { text: "", end: at + 2 };
      return { text: source[at + 1] ?? "", end: at + 2 };
    case "'": {
      const end = source.indexOf("'", at + 1);
      if (end < 0) throw new Doubt("a quote is not closed");
      return { text: source.slice(at + 1, end), end: end + 1 };
    }
    case '"':
      return readDoubleQuoted(source, at);
    case "`":
    case "$":
      return readExpansion(source, at);
    default:
      return null;
  }
}

function readDoubleQuoted(source: string, from: number): Piece {
  const parts: string[] = [];
  let at = from + 1;
  while (at < source.length && source[at] !== '"') {
    const special = source[at] === "$" || source[at] === "`" ? readExpansion(source, at) : null;
    if (special !== null) {
      parts.push(special.text);
      at = special.end;
    } else if (source[at] === "\\") {
      const next = source[at + 1] ?? "";
      parts.push('$`"\\'.includes(next) ? next : `\\${next}`);
      at += 2;
    } else {
      parts.push(source[at] ?? "");
      at++;
    }
  }
  if (at >= source.length) throw new Doubt("a quote is not closed");
  return { text: parts.join(""), end: at + 1 };
}

function readExpansion(source: string, at: number): Piece {
  if (source[at] === "`") {
    const end = /^`(?:[^`\\]|\\[^])*`/.exec(source.slice(at))?.[0].length;
    if (end === undefined) throw new Doubt("a backtick is not closed");
    return { text: unknown, end: at + end };
  }
  const next = source[at + 1] ?? "";
  if (next === "(") return { text: unknown, end: endOfParentheses(source, at + 1) };
  if (next === "'") throw new Doubt("an escaped string");
  if (next === "{") {
    const end = source.indexOf("}", at);
    // A default value may hold quotes, blanks and further braces.
    if (end < 0 || /["'`\\\s{$]/.test(source.slice(at + 2, end))) {
      throw new Doubt("an expansion with more in it");
    }
    return { text: unknown, end: end + 1 };
  }
  const name = /^\$(?:[A-Za-z_]\w*|[\d#?$!@*-])/.exec(source.slice(at, at + 256));
  return name ? { text: unknown, end: at + name[0].length } : { text: "$", end: at + 1 };
}

/** The place after the bracket that closes the one at `from`. */
function endOfParentheses(source: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < source.length) {
    const character = source[at] ?? "";
    if ("'\"`\\".includes(character)) {
      at = readSpecial(source, at)?.end ?? at + 1;
      continue;
    }
    if (character === "(") depth++;
    if (character === ")" && --depth === 0) {
      const inside = source.slice(from, at);
      // In these a bracket need not have a partner.
      if (/\bcase\b|<<|#/.test(inside)) throw new Doubt("a substitution that is hard to read");
      return at + 1;
    }
    at++;
  }
  throw new Doubt("a bracket is not closed");
}

/** The start of the line after the heredoc's end mark. */
function endOfHeredoc(
  source: string,
  from: number,
  { mark, stripTabs }: { mark: string; stripTabs: boolean },
): number {
  let at = from;
  while (at < source.length) {
    const next = source.indexOf("\n", at);
    const end = next < 0 ? source.length : next;
    const line = source.slice(at, end);
    at = Math.min(end + 1, source.length);
    if ((stripTabs ? line.replace(/^\t+/, "") : line) === mark) return at;
  }
  throw new Doubt("a heredoc that does not end");
}
