// Understands a bash command well enough to judge it by rules: two readers must agree on every word, and whatever is more
// than plain words is a doubt, which means a question. A text is no boundary: the sandbox is.
import type { AnalysedCommand, Analysis } from "./command.ts";
import { readCrudely } from "./crude.ts";
import { doubtOf } from "./doubt.ts";
import { loadGrammar } from "./grammar.ts";
import { innerOf, runsItsInput } from "./inner.ts";
import { hasGlob, hole, unquoted } from "./marks.ts";
import { readPlain, strange } from "./plain.ts";
import { programName } from "./runners.ts";
import { type Reading, readTree } from "./tree.ts";
import { workingFolderDoubts } from "./working_folder.ts";

export type { AnalysedCommand, Analysis };

export interface Shell {
  /** Synchronous, and bounded whatever the source. */
  analyse(source: string): Analysis;
}

/** Words that are plain to bash can mean something else to another shell. */
const otherShell = Deno.build.os === "windows" ? "PowerShell runs it, whose grammar is not known here" : null;
export const sourceCharsMax = 64 * 1024;
export const commandsMax = 50;
/** What is found in all, inner commands and guesses too; beyond it the text counts as not read. */
const foundMax = 1_000;
const depthMax = 5;
/** Characters of commands and texts that are looked at for one source, guesses included. */
const effortMax = 400_000;
const bombText = /([^\s(){};|&]{1,40})\s{0,8}\(\)\s{0,8}\{[^}]{0,200}\1\s{0,8}\|\s{0,8}\1\s{0,8}&/;

let opened: Promise<Shell> | null = null;

/** Loads the grammar once. Rejects, and tries again the next time, when its files are missing. */
export function openShell(): Promise<Shell> {
  opened ??= loadShell().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** A command as its words were found, marked, and as it is judged. */
interface Seen {
  marked: string[];
  command: AnalysedCommand;
  isValue: boolean;
}

interface Found {
  commands: Map<string, Seen>;
  writes: string[];
  inputs: string[];
  bomb: boolean;
  unread: boolean;
  effort: number;
}

async function loadShell(): Promise<Shell> {
  const parser = await loadGrammar();
  const readings = (source: string): (Reading | null)[] => {
    const joined = source.replace(/\\(\n|[^])/g, (pair, char: string) => char === "\n" ? "" : pair);
    return joined === source
      ? [readTree(parser, source)]
      : [readTree(parser, source), readTree(parser, joined)];
  };
  return { analyse: (source) => analyse(source, readings) };
}

type Readings = (source: string) => (Reading | null)[];

function analyse(source: string, readings: Readings): Analysis {
  if (source.length > sourceCharsMax) return unread(`it is longer than ${sourceCharsMax} characters`);
  const found: Found = { commands: new Map(), writes: [], inputs: [], bomb: false, unread: false, effort: 0 };
  const top = readings(source);
  collect(source, top, { found, readings, depth: 0 });
  for (const text of hiddenTexts(source)) addSource(text, { found, readings, depth: 1 });
  addInputs(found, readings);
  if (found.unread) return unread("it has too many parts");
  const plain = readPlain(source);
  // In the order of the source, each as often as it stands there: a change of the folder matters to what comes after it.
  const ordered = "doubt" in plain ? top.at(-1)?.commands ?? [] : plain.commands;
  if (ordered.length > foundMax) return unread(`it has more than ${foundMax} commands`);
  const keys = ordered.map((words) => words.join("\0"));
  const inOrder = ordered.map((words, at) => found.commands.get(keys[at] ?? "")?.command ?? commandOf(words));
  for (const key of keys) found.commands.delete(key);
  return {
    commands: [
      ...workingFolderDoubts(inOrder),
      ...[...found.commands.values()].map(({ command, isValue }) =>
        isValue ? { ...command, isValue } : command
      ),
    ],
    writes: found.writes,
    alarm: found.bomb || (source.includes("()") && bombText.test(source))
      ? "a function that starts itself again and again"
      : null,
    doubt: otherShell ?? ("doubt" in plain ? plain.doubt : doubtOfPlain(plain.commands, top)),
  };
}

function doubtOfPlain(
  commands: readonly (readonly string[])[],
  trees: readonly (Reading | null)[],
): string | null {
  const agreed = trees.some((tree) => tree !== null && !tree.broken && areSame(tree.commands, commands));
  if (!agreed) return "it can be read in more than one way";
  return commands.length > commandsMax ? `it has more than ${commandsMax} commands` : null;
}

function areSame(some: readonly (readonly string[])[], others: readonly (readonly string[])[]): boolean {
  return some.length === others.length && some.every((words, at) => {
    const other = others[at] ?? [];
    return words.length === other.length && words.every((word, index) => word === other[index]);
  });
}

function unread(why: string): Analysis {
  const command: AnalysedCommand = { words: [], text: null, doubt: why, shapes: [] };
  return { commands: [command], doubt: why, writes: [], alarm: `${why}, so nobody can tell what it does` };
}

interface Reach {
  found: Found;
  readings: Readings;
  depth: number;
  /** What is read stands in the value of a variable. */
  inValue?: boolean;
}

function collect(source: string, trees: readonly (Reading | null)[], reach: Reach): void {
  for (const tree of trees) {
    if (tree === null) {
      reach.found.unread = true;
      return;
    }
    for (const words of tree.commands) add(words, reach);
    if (tree.broken) { for (const words of readCrudely(source)) add(words, reach); }
    reach.found.writes.push(...tree.writes.map(unquoted));
    reach.found.inputs.push(...tree.inputs);
    for (const value of tree.values) addSource(value.replaceAll(hole, "${_}"), { ...reach, inValue: true });
    reach.found.bomb ||= tree.bomb;
  }
}

function add(words: string[], reach: Reach): void {
  const { commands } = reach.found;
  const key = words.join("\0");
  if (!mayGoOn(reach.found, key.length) || commands.has(key)) return;
  const command = commandOf(words);
  commands.set(key, { marked: words, command, isValue: reach.inValue ?? false });
  const inner = innerOf(words, command.doubt);
  for (const each of inner.commands) add(each, reach);
  for (const each of inner.sources) {
    addSource(each, reach);
    if (inner.foreign) { for (const part of readCrudely(each)) add(part, reach); }
  }
}

/** False, now and from then on, when the source has more in it than is looked at. */
function mayGoOn(found: Found, characters: number): boolean {
  found.effort += characters;
  if (found.effort > effortMax || found.commands.size >= foundMax) found.unread = true;
  return !found.unread;
}

function addSource(source: string, reach: Reach): void {
  if (reach.depth >= depthMax) reach.found.unread = true;
  if (!mayGoOn(reach.found, source.length)) return;
  collect(source, reach.readings(source), { ...reach, depth: reach.depth + 1 });
}

/** What old quotes hide from the grammar, and what could be a line of its own to another reader. */
function hiddenTexts(source: string): string[] {
  const between = source.includes("`") ? source.replaceAll("\\`", "`").split("`").slice(1) : [];
  return strange.test(source) ? [...between, source.replace(new RegExp(strange, "gu"), "\n")] : between;
}

/** When something runs its input, everything that is printed or given as input may be that. */
function addInputs(found: Found, readings: Readings): void {
  const all = [...found.commands.values()].map(({ marked }) => marked);
  if (!all.some(runsItsInput)) return;
  const printed = all.filter(([program = ""]) => /^(echo|printf|cat)$/.test(programName(unquoted(program))));
  const texts = [
    ...found.inputs,
    ...printed.flatMap((words) => words.slice(1)).map((word) => unquoted(word).replaceAll(hole, "${_}")),
  ];
  for (const text of new Set(texts)) addSource(text, { found, readings, depth: 1 });
}

function commandOf(marked: readonly string[]): AnalysedCommand {
  const shapes = marked.map(unquoted);
  const words = marked.map((word, index) => isCertain(word, index) ? shapes[index] ?? null : null);
  return { words, text: words.includes(null) ? null : shapes.join(" "), doubt: doubtOf(words), shapes };
}

/** False for what could become another option, program or number of words; `src/*.ts` stays a file below `src`. */
function isCertain(word: string, index: number): boolean {
  if (word.includes(hole)) return false;
  return !hasGlob(word) || (index > 0 && /^[^-*?[]/.test(unquoted(word)) && /^[^*?[]/.test(word));
}
