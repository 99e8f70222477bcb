// What the grammar finds in a source: every simple command at any depth, where output is written, and texts that a
// program may read as commands. Generous: it is asked for refusals and for the guard, never alone for an allowance.
import type { Node, Parser } from "web-tree-sitter";
import { expandBraces, hole, quoted, unquoted, withoutMarks } from "./marks.ts";
import { readWord } from "./word.ts";

export interface Reading {
  /** Words of each command, marked, in the order of the source. */
  commands: string[][];
  /** Files that redirections write to, marked. */
  writes: string[];
  /** Here-documents and here-strings: input that a shell would run. */
  inputs: string[];
  /** What variables are set to. */
  values: string[];
  /** A part could not be understood. */
  broken: boolean;
  /** A function that starts itself in the background or in a pipe. */
  bomb: boolean;
}

/** Where a variable that is made of blanks ends one word and begins the next. */
const wordEnd = "\u{F0001}";
const nodesMax = 20_000;
const depthMax = 200;
/** What only a running shell knows. */
const unknowns = new Set([
  "simple_expansion",
  "expansion",
  "command_substitution",
  "process_substitution",
  "arithmetic_expansion",
  "translated_string",
]);
const home = /^\$(HOME|\{HOME(:[?-][^{}]*)?\})$/;
const blank = /^\$(IFS|\{IFS\b[^{}]*\})$/;
const folder = /^\$(PWD|\{PWD(:[?-][^{}]*)?\})$/;
/** Nothing is inside of them: not to ask saves most of the time. */
const leaves = new Set(["word", "raw_string", "string_content", "variable_name", "comment", "ansi_c_string"]);
/** Words that mean nothing else to the shell wherever they stand. */
const simpleWord = /^[\w./:@%+,-]+$/;
const wordTypes = new Set(["command_name", "string", "concatenation", "number"]);
const simpleCommands = new Set(["command", "declaration_command", "unset_command", "test_command"]);

/** The grammar takes time by the square of these, and nobody needs as many. */
const documentsMax = 100;
/** What takes longer counts as not understood; a usual command takes less than a millisecond. */
const parseMsMax = 1_000;

/** Null when the source is too large or too deep to be walked. */
export function readTree(parser: Parser, source: string): Reading | null {
  const text = withoutMarks(source);
  if (text.split("<<").length > documentsMax) return null;
  const end = performance.now() + parseMsMax;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > end });
  if (tree === null) {
    parser.reset();
    return null;
  }
  try {
    const reading: Reading = {
      commands: [],
      writes: [],
      inputs: [],
      values: [],
      broken: tree.rootNode.hasError,
      bomb: false,
    };
    return walk(tree.rootNode, reading) ? reading : null;
  } finally {
    tree.delete();
  }
}

function walk(root: Node, reading: Reading): boolean {
  const open: { node: Node; depth: number }[] = [{ node: root, depth: 0 }];
  for (let count = 0; open.length > 0; count++) {
    const next = open.pop();
    if (next === undefined || count > nodesMax || next.depth > depthMax) return false;
    if (!visit(next.node, reading)) continue;
    const children = next.node.namedChildren;
    // In the order of the source: the last one put in is the first one out.
    for (let index = children.length - 1; index >= 0; index--) {
      const child = children[index];
      if (child && !isLeaf(child.type, child)) open.push({ node: child, depth: next.depth + 1 });
    }
  }
  return true;
}

/** Words without a sign of an expansion hold nothing else. What a node is, is asked of the grammar's own program: seldom. */
function isLeaf(type: string, node: { text: string }): boolean {
  return leaves.has(type) || (wordTypes.has(type) && !/[$`<>]/.test(node.text));
}

/** Whether more may be inside of it. */
function visit(node: Node, reading: Reading): boolean {
  const { type } = node;
  if (simpleCommands.has(type)) return addCommand(node, type, reading);
  if (type === "function_definition") addFunction(node, reading);
  // A value may be what a program runs later: a pager, an editor, or the program of a command after it.
  if (type === "variable_assignment") {
    reading.values.push(...shapesOf(node.childForFieldName("value")).map(unquoted));
  }
  if (type === "heredoc_body" || type === "herestring_redirect") {
    const isDocument = type === "heredoc_body";
    reading.inputs.push(isDocument ? node.text : shapesOf(node.namedChildren.at(-1)).map(unquoted).join(" "));
  }
  if (type === "file_redirect") addRedirect(node, reading);
  return true;
}

function addRedirect(node: Node, reading: Reading): void {
  const operator = /^[0-9]*(<>|<&?|[>&|]+)/.exec(node.text)?.[1] ?? "";
  if (operator.startsWith("<") && operator !== "<>") return;
  reading.writes.push(...shapesOf(node.childForFieldName("destination") ?? node.namedChildren.at(-1)));
}

/** Whether more may be inside of it. */
function addCommand(node: Node, kind: string, reading: Reading): boolean {
  let isDeep = false;
  const words: string[] = [];
  if (kind !== "command") words.push(/^\S+/.exec(node.text)?.[0] ?? "");
  for (const child of node.namedChildren) {
    const { text } = child;
    if (simpleWord.test(text)) {
      words.push(text);
      continue;
    }
    const { type } = child;
    isDeep ||= !isLeaf(type, { text });
    if (type.endsWith("_redirect")) continue;
    // Assignments before the program are no words of it; those of `export` and the like are.
    if (type === "variable_assignment" && kind === "command") continue;
    words.push(...shapesOf(child));
  }
  if (words.length > 0) reading.commands.push(words);
  return isDeep;
}

function addFunction(node: Node, reading: Reading): void {
  const name = node.childForFieldName("name")?.text ?? "";
  const body = node.childForFieldName("body")?.text ?? "";
  if (name !== "" && /[|&]/.test(body) && body.split(/[\s;|&(){}]+/).includes(name)) reading.bomb = true;
}

/** The words that this part of a command stands for. */
function shapesOf(node: Node | null | undefined): string[] {
  if (!node) return [hole];
  return knownText(node, 0).split(wordEnd).flatMap((known) => {
    const word = readWord(known, 0);
    return "doubt" in word || word.length < known.length ? [hole] : expandBraces(word.marked);
  });
}

/** The text of a word, with a hole where the shell would put something in. */
function knownText(node: Node, depth: number): string {
  const { type, text } = node;
  if (type === "ansi_c_string") return decodeAnsi(text.slice(2, -1));
  if (isLeaf(type, { text })) return text;
  if (unknowns.has(type)) {
    if (home.test(text)) return "~";
    if (blank.test(text)) return wordEnd;
    return folder.test(text) ? "." : hole;
  }
  const children = node.namedChildren;
  if (children.length === 0 || depth > depthMax) return text;
  let known = "";
  const start = node.startIndex;
  let at = start;
  for (const child of children) {
    if (child === null) continue;
    known += text.slice(at - start, child.startIndex - start) + knownText(child, depth + 1);
    at = child.endIndex;
  }
  return known + text.slice(at - start);
}

const ansiLetters: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const ansiEscape = /\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|c[^]|[^])/g;

/** Text of `$'...'`, as if it were quoted. */
function decodeAnsi(text: string): string {
  const decoded = text.replace(ansiEscape, (_, escape: string) => {
    const hex = /^[xuU]([0-9A-Fa-f]+)$/.exec(escape)?.[1];
    const code = hex === undefined ? Number.parseInt(escape, 8) : Number.parseInt(hex, 16);
    if (Number.isInteger(code) && code > 0 && code <= 0x10FFFF) return String.fromCodePoint(code);
    return ansiLetters[escape] ?? escape;
  });
  return quoted(decoded);
}
