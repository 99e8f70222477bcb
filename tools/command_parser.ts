// The simple commands of a shell command: which programs it would run, with which words, fed and watched by what.
// Only what is certain: compounds, functions and everything unusual give none at all.
import { Doubt, readTokens, type Token } from "./command_lexer.ts";

export interface SimpleCommand {
  /** `NAME=value` before the command. */
  assignments: string[];
  /** The program and its arguments; expansions are `unknown`. */
  words: string[];
  /** Its input comes from a pipe, a file or a heredoc. */
  hasInput: boolean;
  /** Its output goes into a pipe. */
  isPipedOn: boolean;
  isBackground: boolean;
}

const nestingMax = 20;
const commandsMax = 1000;

/** Words that begin something else than a simple command. */
const reserved = new Set(
  "if then elif else fi for while until do done case esac select function coproc [[ ]] alias eval source . trap"
    .split(" "),
);

/** The simple commands in order, or null when the text cannot be understood for certain. */
export function readCommands(source: string): SimpleCommand[] | null {
  try {
    const cursor: Cursor = { tokens: readTokens(source), at: 0, count: 0 };
    const commands = readList(cursor, { end: null, depth: 0 });
    return cursor.at === cursor.tokens.length ? commands : null;
  } catch (thrown) {
    if (thrown instanceof Doubt) return null;
    throw thrown;
  }
}

interface Cursor {
  tokens: Token[];
  at: number;
  count: number;
}

function readList(cursor: Cursor, { end, depth }: { end: string | null; depth: number }): SimpleCommand[] {
  if (depth > nestingMax) throw new Doubt("nested too deeply");
  const commands: SimpleCommand[] = [];
  for (;;) {
    while (isOperator(cursor, ";", "\n")) cursor.at++;
    const token = cursor.tokens[cursor.at];
    if (token === undefined) {
      if (end !== null) throw new Doubt(`"${end}" is missing`);
      return commands;
    }
    if (end !== null && "text" in token && token.text === end && (end === ")" || isPlainWord(token))) {
      cursor.at++;
      return commands;
    }
    const chain = readChain(cursor, depth);
    if (isOperator(cursor, "&")) {
      cursor.at++;
      for (const command of chain) command.isBackground = true;
    }
    commands.push(...chain);
  }
}

/** Pipelines joined by `&&` and `||`. */
function readChain(cursor: Cursor, depth: number): SimpleCommand[] {
  const commands = readPipeline(cursor, depth);
  while (isOperator(cursor, "&&", "||")) {
    cursor.at++;
    while (isOperator(cursor, "\n")) cursor.at++;
    commands.push(...readPipeline(cursor, depth));
  }
  return commands;
}

function readPipeline(cursor: Cursor, depth: number): SimpleCommand[] {
  let stage = readCommand(cursor, depth);
  const commands = [...stage];
  while (isOperator(cursor, "|", "|&")) {
    cursor.at++;
    while (isOperator(cursor, "\n")) cursor.at++;
    for (const command of stage) command.isPipedOn = true;
    stage = readCommand(cursor, depth);
    for (const command of stage) command.hasInput = true;
    commands.push(...stage);
  }
  return commands;
}

/** One command, or all of a group in brackets or braces. */
function readCommand(cursor: Cursor, depth: number): SimpleCommand[] {
  if (++cursor.count > commandsMax) throw new Doubt("too many commands");
  while (isWord(cursor, "!") || isWord(cursor, "time")) cursor.at++;
  const end = isOperator(cursor, "(") ? ")" : isWord(cursor, "{") ? "}" : null;
  if (end === null) return [readSimple(cursor)];
  cursor.at++;
  const inner = readList(cursor, { end, depth: depth + 1 });
  for (
    let token = cursor.tokens[cursor.at];
    token?.kind === "redirection";
    token = cursor.tokens[cursor.at]
  ) {
    cursor.at++;
    if (token.isInput) inner.forEach((command) => command.hasInput = true);
  }
  if (cursor.tokens[cursor.at]?.kind === "word") throw new Doubt("a word after a group");
  return inner;
}

function readSimple(cursor: Cursor): SimpleCommand {
  const command: SimpleCommand = {
    assignments: [],
    words: [],
    hasInput: false,
    isPipedOn: false,
    isBackground: false,
  };
  const start = cursor.at;
  for (let token = cursor.tokens[cursor.at]; token !== undefined; token = cursor.tokens[cursor.at]) {
    if (token.kind === "operator") break;
    cursor.at++;
    if (token.kind === "redirection") command.hasInput ||= token.isInput;
    else if (command.words.length === 0 && /^[A-Za-z_]\w*\+?=/.test(token.text)) {
      command.assignments.push(token.text);
    } else command.words.push(token.text);
    if (command.words.length === 1 && isPlainWord(token) && reserved.has(token.text)) {
      throw new Doubt(token.text);
    }
  }
  // `name ()` defines a function; a redirection of `exec` alone is for all that follows.
  if (cursor.at === start || isOperator(cursor, "(")) throw new Doubt("no simple command");
  if (command.words[0] === "exec" && command.words.length === 1) throw new Doubt("exec without a command");
  return command;
}

function isOperator(cursor: Cursor, ...texts: string[]): boolean {
  const token = cursor.tokens[cursor.at];
  return token?.kind === "operator" && texts.includes(token.text);
}

function isWord(cursor: Cursor, text: string): boolean {
  const token = cursor.tokens[cursor.at];
  return token !== undefined && isPlainWord(token) && token.text === text;
}

function isPlainWord(token: Token): token is Token & { kind: "word" } {
  return token.kind === "word" && token.isPlain;
}
