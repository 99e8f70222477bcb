// The commands that anybody reads the same way: simple words, joined by `&&`, `||`, `;`, `|` and line ends. Everything
// else is refused with a reason. It is a second reader beside the grammar: only what both read alike is judged by rules.
import { hasBraces, unquoted } from "./marks.ts";
import { readWord } from "./word.ts";

export type Plain =
  /** Words of each simple command, marked. */
  | { commands: readonly (readonly string[])[] }
  | { doubt: string };

type Token =
  | { type: "word"; marked: string; bare: boolean; length: number }
  | { type: "separator"; text: string; length: number }
  | { type: "nothing"; length: number }
  | { type: "doubt"; doubt: string };

/** Not in any plain command: controls, formatting and spaces other than the usual ones, private and broken characters. */
export const strange = /[^\P{C}\n\t]|[^\P{Z} ]|\uFFFD/u;
const boundary = "(?=[ \\t\\n;|&<>]|$)";
/** Redirections that neither read nor write anything. */
const harmless = new RegExp(`[0-9]?(?:>&[0-2]|(?:>>?|<)[ \\t]*/dev/null)${boundary}`, "y");
const redirected = /[0-9]*(?:<<<|<<|[<>]\(|<[&>]?|>[>|&]?|&>)/y;
const separator = /\|\||&&|[;|\n]/y;
const missing = "a command is missing between its separators";
const operators: Readonly<Record<string, string>> = {
  "&": "it leaves a command in the background",
  "(": "it has parentheses",
  ")": "it has parentheses",
};

const keywords: Readonly<Record<string, string>> = {
  ...all("if then else elif fi do done case esac while until for in select", "it has a loop or a condition"),
  ...all("function coproc", "it defines something that runs later"),
  ...all("! time", "it begins with a word of the shell's grammar"),
  ...all("[ [[ ]]", "it has a test"),
  ...all("{ }", "it has a group"),
  ...all("export declare typeset readonly local unset", "it changes variables"),
};

function all(words: string, why: string): Record<string, string> {
  return Object.fromEntries(words.split(" ").map((word) => [word, why]));
}

export function readPlain(source: string): Plain {
  const odd = strange.exec(source);
  if (odd !== null) return { doubt: `it has an unusual character (${codeOf(odd[0])})` };
  const commands: string[][] = [];
  let words: string[] = [];
  /** Whether a separator came that wants a command after it, as `&&` does. */
  let open = false;
  for (let at = 0; at < source.length;) {
    const token = tokenAt(source, at);
    if (token.type === "doubt") return token;
    at += token.length;
    if (token.type === "word") {
      const doubt = doubtOfWord(token, words.length === 0);
      if (doubt !== null) return { doubt };
      words.push(token.marked);
      open = false;
    } else if (token.type === "separator") {
      if (words.length === 0 && token.text !== "\n") return { doubt: missing };
      if (words.length === 0) continue;
      commands.push(words);
      words = [];
      open = token.text === "&&" || token.text === "||" || token.text === "|";
    }
  }
  if (words.length > 0) commands.push(words);
  return open || commands.length === 0 ? { doubt: missing } : { commands };
}

function tokenAt(source: string, at: number): Token {
  const rest = source[at] ?? "";
  if (rest === " " || rest === "\t") return { type: "nothing", length: 1 };
  if (source.startsWith("\\\n", at)) return { type: "nothing", length: 2 };
  if (rest === "#") {
    const end = source.indexOf("\n", at);
    return { type: "nothing", length: (end < 0 ? source.length : end) - at };
  }
  const redirection = match(harmless, source, at);
  if (redirection !== null) return { type: "nothing", length: redirection.length };
  const text = match(separator, source, at);
  if (text !== null) {
    const next = source[at + text.length] ?? "";
    if (text === ";" && (next === ";" || next === "&")) return { type: "doubt", doubt: "it has a case" };
    if (text === "|" && next === "&") return { type: "doubt", doubt: "it pipes with |&" };
    return { type: "separator", text, length: text.length };
  }
  const doubt = match(redirected, source, at) === null ? operators[rest] : redirectionDoubt(source, at);
  if (doubt !== undefined) return { type: "doubt", doubt };
  const word = readWord(source, at);
  return "doubt" in word ? { type: "doubt", doubt: word.doubt } : { type: "word", ...word };
}

function redirectionDoubt(source: string, at: number): string {
  const text = match(redirected, source, at) ?? "";
  if (text.endsWith("(")) return "it has a process substitution";
  if (text.endsWith("<<<")) return "it has a here-string";
  if (text.endsWith("<<")) return "it has a here-document";
  return text.endsWith("<") ? "it redirects its input" : "it redirects output into a file";
}

function doubtOfWord({ marked, bare }: { marked: string; bare: boolean }, isFirst: boolean): string | null {
  if (hasBraces(marked)) return isFirst && bare && /^[{}]$/.test(marked) ? "it has a group" : "it has braces";
  if (!isFirst) return null;
  if (unquoted(marked).includes("=")) return "it sets variables";
  return bare && Object.hasOwn(keywords, marked) ? keywords[marked] ?? null : null;
}

function match(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.test(source) ? source.slice(at, pattern.lastIndex) : null;
}

function codeOf(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
