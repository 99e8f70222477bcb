// One word of a command, its quotes and escapes resolved as the shell does it. What needs more than reading (expansions,
// substitutions) is refused here and becomes a hole where the grammar found it.
import { quoted } from "./marks.ts";

/** `bare`: nothing in it was quoted. Marked as marks.ts says. */
export type Word = { marked: string; bare: boolean; length: number } | { doubt: string };

const ends = " \t\n;|&<>()";
/** What stands for itself, and is taken as a whole: character by character the strings cost more than the grammar. */
const plainRun = /[^ \t\n;|&<>()$`'"\\]+/y;
const plainInDouble = /[^"$`\\]+/y;
/** What a backslash quotes between double quotes; before others it stays. */
const escapedInDouble = '$`"\\';

export function readWord(source: string, from: number): Word {
  let marked = "";
  let bare = true;
  let at = from;
  while (at < source.length) {
    const char = source[at] ?? "";
    if (ends.includes(char)) break;
    if (char === "$" || char === "`") return { doubt: expansionDoubt(source, at) };
    if (char === "'") {
      const end = source.indexOf("'", at + 1);
      if (end < 0) return { doubt: unbalanced };
      marked += quoted(source.slice(at + 1, end));
      at = end + 1;
    } else if (char === '"') {
      const inside = readDouble(source, at + 1);
      if ("doubt" in inside) return inside;
      marked += inside.marked;
      at = inside.end;
    } else if (char === "\\") {
      const next = source[at + 1];
      if (next === undefined) return { doubt: "it ends with a backslash" };
      if (next !== "\n") marked += quoted(next);
      at += 2;
    } else {
      const run = runAt(plainRun, source, at);
      marked += run;
      at += run.length;
      continue;
    }
    bare = false;
  }
  return { marked, bare, length: at - from };
}

function readDouble(source: string, from: number): { marked: string; end: number } | { doubt: string } {
  let text = "";
  for (let at = from; at < source.length; at++) {
    const run = runAt(plainInDouble, source, at);
    text += run;
    at += run.length;
    const char = source[at] ?? "";
    if (char === '"') return { marked: quoted(text), end: at + 1 };
    if (char === "$" || char === "`") return { doubt: expansionDoubt(source, at) };
    const next = source[at + 1] ?? "";
    if (char === "\\" && next === "\n") at++;
    else if (char === "\\" && escapedInDouble.includes(next) && next !== "") {
      text += next;
      at++;
    } else text += char;
  }
  return { doubt: unbalanced };
}

function runAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.test(source) ? source.slice(at, pattern.lastIndex) : "";
}

function expansionDoubt(source: string, at: number): string {
  if (source[at] === "`" || source.startsWith("$(", at)) return "it has a command substitution";
  if (source[at + 1] === "'" || source[at + 1] === '"') return "it has a string with escapes or translations";
  return "it has an expansion";
}

const unbalanced = "its quotes do not balance";
