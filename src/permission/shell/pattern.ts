// What stands in the brackets of a Bash rule, as words: `npm run test:*`, `git log *`, `cat src/*`, or a whole command.
import { unquoted } from "./marks.ts";
import { programName } from "./runners.ts";
import { readWord } from "./word.ts";

export interface Pattern {
  /** Marked: a star that is not quoted stands for anything in its word, alone for one word. */
  words: readonly string[];
  /** What may follow: nothing, more words, or the rest of the last word and more words. */
  rest: "nothing" | "words" | "text";
  /** The program as it must be called; null when it is left open. */
  program: string | null;
  /** Its name alone, wherever it lies. */
  programName: string | null;
  /** It is no plain command, and was cut at its spaces: good for a refusal only. */
  rough: boolean;
}

const cachedMax = 2_000;
const cached = new Map<string, Pattern>();

export function patternOf(specifier: string): Pattern {
  const known = cached.get(specifier);
  if (known !== undefined) return known;
  if (cached.size >= cachedMax) cached.clear();
  const pattern = readPattern(specifier.trim());
  cached.set(specifier, pattern);
  return pattern;
}

/** Whether it means more than one command. */
export function isOpen({ words, rest }: Pattern): boolean {
  return rest !== "nothing" || words.some(hasStar);
}

export function hasStar(word: string): boolean {
  return word.includes("*");
}

function readPattern(text: string): Pattern {
  const { words, rest, rough } = readShape(text);
  const first = words[0];
  const isOpenProgram = first === undefined || hasStar(first) || (rest === "text" && words.length === 1);
  const program = isOpenProgram ? null : unquoted(first);
  return { words, rest, rough, program, programName: program === null ? null : programName(program) };
}

function readShape(text: string): Omit<Pattern, "program" | "programName"> {
  if (text === "*") return { words: [], rest: "words", rough: false };
  const open = /^([^]*?)(:\*| +\*)$/.exec(text)?.[1];
  if (open !== undefined && !open.endsWith("\\")) return { ...readWords(open), rest: "words" };
  const whole = readWords(text);
  const last = whole.words.at(-1);
  if (last === undefined || !last.endsWith("*")) return { ...whole, rest: "nothing" };
  return { ...whole, words: [...whole.words.slice(0, -1), last.slice(0, -1)], rest: "text" };
}

function readWords(text: string): { words: string[]; rough: boolean } {
  const words: string[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    const word = readWord(text, at);
    if ("doubt" in word || word.length === 0) {
      return { words: text.split(/\s+/).filter((each) => each !== ""), rough: true };
    }
    words.push(word.marked);
    at += word.length;
  }
  return { words, rough: false };
}
