// Whether a Bash rule means a command. An allowance is narrow: every word as it is written. A refusal is generous: the
// program wherever it lies, and whatever a word that is not certain might become.
import type { AnalysedCommand, ProgramShape, Run } from "./command.ts";
import { hole, unquoted } from "./marks.ts";
import { hasStar, isOpen, type Pattern, patternOf } from "./pattern.ts";
import { programName, wordsToSpell } from "./runners.ts";

export function matchesForAllow(specifier: string, command: AnalysedCommand): boolean {
  const pattern = patternOf(specifier);
  const { words, doubt } = command;
  if (pattern.rough || words.length === 0) return false;
  if (pattern.program !== null && pattern.program !== words[0]) return false;
  if (isOpen(pattern)) {
    if (doubt !== null) return false;
    if (pattern.words.length === 0) return specifier.trim() === "*";
    if (!spellsOut(pattern, wordsToSpell(words))) return false;
  }
  if (words.length < pattern.words.length) return false;
  if (pattern.rest === "nothing" && words.length > pattern.words.length) return false;
  return areSame(pattern, words);
}

/** Apart from the looks before it, which nearly always suffice: what it closes over is made anew at each call. */
function areSame(pattern: Pattern, words: readonly (string | null)[]): boolean {
  return pattern.words.every((each, index) => {
    const isLast = index === pattern.words.length - 1;
    return isSame(pattern.rest === "text" && isLast ? `${each}*` : each, words[index], index === 0);
  });
}

export function mayMatchForDeny(specifier: string, command: AnalysedCommand): boolean {
  const pattern = patternOf(specifier);
  // What was not read may be anything.
  if (command.shapes.length === 0) return true;
  for (const run of runsOf(command)) if (mayBe(pattern, run)) return true;
  return false;
}

/** All that a command may run, itself the first: found out once, however many rules there are. */
function runsOf(command: AnalysedCommand): readonly Run[] {
  if (command.runs !== undefined) return command.runs;
  const { shapes, words, doubt } = command;
  const runs: Run[] = [{ program: programOf(shapes[0] ?? ""), words: shapes, from: 1, to: shapes.length }];
  if (doubt !== null || wordsToSpell(words) > 1) {
    const parts = shapes.flatMap(partsOf);
    for (const [at, part] of parts.entries()) {
      runs.push({ program: programOf(part), words: parts, from: at + 1, to: at + partsMax });
    }
  }
  command.runs = runs;
  return runs;
}

const partsMax = 64;

/** What a program that runs others might take for a program: each part of each word. */
function partsOf(shape: string): string[] {
  const parts = shape.split(/[\s=:;|&()!,%'"`{}[\]@]+/).filter((part) => part !== "");
  const first = parts[0];
  return first !== undefined && /^-[A-Za-z]./.test(first)
    ? [first, first.slice(2), ...parts.slice(1)]
    : parts;
}

/** A rule for a program that runs others must say which; one for the rest may leave open what it likes. */
function spellsOut({ words, rest }: Pattern, count: number): boolean {
  if (count < 2) return true;
  const spelled = rest === "text" ? words.slice(0, -1) : words;
  return spelled.length >= count && !spelled.slice(0, count).some(hasStar);
}

/** A star stands for no other folder: not for a way up, and in a program not for a folder at all. */
function isSame(pattern: string, word: string | null | undefined, isProgram: boolean): boolean {
  if (typeof word !== "string") return false;
  if (!hasStar(pattern)) return unquoted(pattern) === word;
  if (isProgram && word.includes("/") && !pattern.includes("/")) return false;
  if (word.split("/").includes("..") && !unquoted(pattern).split("/").includes("..")) return false;
  return fitsStars(pattern, word);
}

function mayBe(pattern: Pattern, { program, words, from, to }: Run): boolean {
  const wanted = pattern.words[0];
  if (wanted === undefined) return true;
  if (!mayBeProgram(pattern, wanted, program)) return false;
  return mayFollow(pattern.words.slice(1), words.slice(from, to), pattern.rest === "text");
}

function mayBeProgram(
  { words, rest, programName: text }: Pattern,
  wanted: string,
  { name, known }: ProgramShape,
): boolean {
  // Nothing at all is known of it: that is a question, not a refusal.
  if (known === "nothing") return false;
  if (text !== null) {
    return known === "all" ? name === text : mayBecome(name, text) || mayBecome(lastPart(name), text);
  }
  if (known === "some") return true;
  return fitsStars(rest === "text" && words.length === 1 ? `${wanted}*` : wanted, name);
}

function lastPart(name: string): string {
  return name.slice(Math.max(0, name.lastIndexOf(hole)));
}

const programsMax = 2_000;
const programs = new Map<string, ProgramShape>();

/** The same few programs are asked about for every rule, so what they are is kept. */
function programOf(shape: string): ProgramShape {
  const kept = programs.get(shape);
  if (kept !== undefined) return kept;
  if (programs.size >= programsMax) programs.clear();
  const name = programName(shape);
  const isBlank = shape.replaceAll(hole, "").replaceAll("*", "") === "";
  const found = { name, known: isBlank ? "nothing" : isUncertain(name) ? "some" : "all" } as const;
  if (shape.length <= uncertainCharsMax) programs.set(shape, found);
  return found;
}

/** The first words follow at once; what comes after a star of its own, anywhere later. */
function mayFollow(wanted: readonly string[], shapes: readonly string[], isText: boolean): boolean {
  let at = 0;
  for (const [index, part] of splitAtStars(wanted).entries()) {
    const from = index === 0 ? 0 : shapes.findIndex((_, place) => place >= at && fits(part, place));
    if (from < 0 || !fits(part, from)) return false;
    at = from + part.length;
  }
  return true;

  function fits(part: readonly string[], place: number): boolean {
    return part.every((each, offset) => {
      const isLast = each === wanted.at(-1) && offset === part.length - 1;
      return mayBeWord(isText && isLast ? `${each}*` : each, shapes[place + offset]);
    });
  }
}

function splitAtStars(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === "*") parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts.filter((part, index) => index === 0 || part.length > 0);
}

function mayBeWord(pattern: string, shape: string | undefined): boolean {
  if (shape === undefined) return false;
  if (isUncertain(shape)) return hasStar(pattern) || mayBecome(shape, unquoted(pattern));
  return hasStar(pattern) ? fitsStars(pattern, shape) : unquoted(pattern) === shape;
}

function isUncertain(shape: string): boolean {
  return shape.includes(hole) || /[*?]|\[.+\]/.test(shape);
}

/** Without a regular expression: rules and words may come from strangers, and this takes one pass. */
function fitsStars(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map(unquoted);
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const uncertainCharsMax = 200;

/** Whether a word with holes and globs might become this text. */
function mayBecome(shape: string, text: string): boolean {
  if (shape.length > uncertainCharsMax) return true;
  const stars = shape.replace(/\u{F0000}|\[[^\]]+\]|\?/gu, "*").toLowerCase();
  return fitsStars(stars, text.toLowerCase());
}
