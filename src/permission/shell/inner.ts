// What a command may run besides itself: the command inside a wrapper, and texts among its words that are code.
// Generous: a guess too many costs a question, one too few a surprise.
import { gitSubcommandAt } from "./git.ts";
import { hole, unquoted } from "./marks.ts";
import { interpreters, programName, shells, wrappers } from "./runners.ts";

export interface Inner {
  /** Words, marked. */
  commands: string[][];
  /** Sources to be read as the command itself is. */
  sources: string[];
  /** They are in another language than the shell's, and start commands from within. */
  foreign: boolean;
}

const wordsMax = 24;
/** Programs that are looked for in every place of a wrapper's words. */
const telling = new Set(
  ("rm rmdir mv dd mkfs shred wipefs truncate chmod chown chgrp find git rsync curl wget eval sh bash zsh dash ksh xargs " +
    "env sudo python python3 perl node").split(" "),
);
/** They join their words with spaces and have a shell read them. */
const joining = new Set(
  "eval ssh watch parallel su script trap alias hyperfine batch at mosh rsh".split(" "),
);
const assignment = /^[A-Za-z_]\w*\+?=/;

export function innerOf(command: readonly string[], doubt: string | null): Inner {
  const name = programName(unquoted(command[0] ?? ""));
  const args = command.slice(1);
  if (doubt === null) return { commands: [], sources: [], foreign: false };
  if (name === "git") return innerOfGit(command);
  const sources = args.slice(0, wordsMax).flatMap(sourcesOf);
  if (joining.has(name)) sources.push(asSource(args.filter((arg) => !arg.startsWith("-")).join(" ")));
  const foreign = !shells.has(name) && !joining.has(name);
  return { commands: wrapped(args, wrappers.has(name)), sources, foreign };
}

/** Whether it runs what it reads from its input. */
export function runsItsInput(command: readonly string[]): boolean {
  const name = programName(unquoted(command[0] ?? ""));
  if (/^(xargs|parallel|at|batch|eval|crontab)$/.test(name) || name.startsWith(hole)) return true;
  if (!shells.has(name) && !interpreters.has(name)) {
    return wrappers.has(name) && command.slice(1).some(isShell);
  }
  return command.slice(1).every((word) => word.startsWith("-"));
}

function isShell(word: string): boolean {
  return shells.has(programName(unquoted(word)));
}

/** The first word that may be a program, and every later one that names a telling one. */
function wrapped(args: readonly string[], isWrapper: boolean): string[][] {
  const found: string[][] = [];
  for (let at = 0; at < Math.min(args.length, wordsMax); at++) {
    const word = unquoted(args[at] ?? "");
    const mayBeFirst = isWrapper && found.length === 0 && !/^[-+\d{]/.test(word) && !assignment.test(word);
    if (mayBeFirst || telling.has(programName(word)) || /^mkfs\b/.test(programName(word))) {
      found.push(endOfCommand(args.slice(at)));
    }
  }
  return found;
}

/** `find -exec` ends its command with a word of its own. */
function endOfCommand(words: readonly string[]): string[] {
  const end = words.findIndex((word) => unquoted(word) === ";" || unquoted(word) === "+");
  return end < 0 ? [...words] : words.slice(0, end);
}

/** Texts in one word: the word itself, and what stands after an equals sign in it. */
function sourcesOf(word: string): string[] {
  const text = unquoted(word);
  const value = /^[^=\s]+=([^]+)$/.exec(text)?.[1];
  return [text, value].flatMap((each) =>
    each !== undefined && /[\s;|&$`(!]/.test(each) ? [asSource(each)] : []
  );
}

function asSource(text: string): string {
  return unquoted(text).replace(/^(?::?!|exec=)\s*/, "").replaceAll(hole, "${_}");
}

/** Git without what comes before its subcommand; aliases and commands that options bring along. */
function innerOfGit(command: readonly string[]): Inner {
  const args = command.slice(1);
  const at = gitSubcommandAt(args.map(unquoted));
  const commands = at > 0 ? [[command[0] ?? "git", ...args.slice(at)]] : [];
  const subcommand = unquoted(args[at] ?? "");
  const before = args.slice(0, Math.max(at, 0));
  const runs = /^(bisect|rebase|submodule|filter-branch|difftool|mergetool|config|grep|for-each-repo|hook)$/;
  const options = args.slice(Math.max(at, 0)).filter((arg) => /^--?[\w-]+=/.test(arg));
  const words = runs.test(subcommand) ? args : [...before, ...options];
  if (runs.test(subcommand)) commands.push(...wrapped(args.slice(at + 1), subcommand === "bisect"));
  return { commands, sources: words.flatMap(sourcesOf), foreign: false };
}
