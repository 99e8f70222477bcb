// The project's own files, parsed by the bundler's parser, so that rules look at code and not at text that looks like it.
import { join, relative, resolve } from "node:path";
import { parseAst } from "rolldown/parseAst";

export interface Source {
  /** From the root of the project, with slashes. */
  path: string;
  text: string;
  lines: string[];
  /** Every node of the syntax tree, parents before children. */
  nodes: Node[];
}

/** A node of the ESTree: its type, where it is, and whatever else it has. */
export interface Node {
  type: string;
  start: number;
  parent: string;
  fields: Readonly<Record<string, unknown>>;
}

const root = resolve(".");
const filesMax = 5_000;

/** All TypeScript files in these folders. */
export function readSources(folders: readonly string[]): Source[] {
  const paths = folders.flatMap((folder) => filesIn(folder)).sort();
  if (paths.length > filesMax) throw new Error(`${paths.length} files are more than ${filesMax}`);
  return paths.map((path) => {
    const text = Deno.readTextFileSync(path);
    return { path, text, lines: text.split("\n"), nodes: nodesOf(text, path) };
  });
}

/** Paths of all files below a folder, whatever they are. */
export function filesIn(folder: string, ending = ".ts"): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return filesIn(path, ending);
    return name.endsWith(ending) ? [relative(root, resolve(path)).replaceAll("\\", "/")] : [];
  });
}

/** What a file imports: static, dynamic and type imports, and what it passes on. */
export function importsOf(source: Source): string[] {
  const kinds = [
    "ImportDeclaration",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "ImportExpression",
    "TSImportType",
  ];
  return source.nodes.filter(({ type }) => kinds.includes(type)).flatMap(({ fields }) => {
    const from = fields["source"] ?? fields["argument"];
    return isRecord(from) && typeof from["value"] === "string" ? [from["value"]] : [];
  });
}

/** The line of a node, counted from 1. */
export function lineOf(source: Source, node: Node): number {
  return source.text.slice(0, node.start).split("\n").length;
}

/** Text of a field that is a name, a word or a literal. */
export function wordOf(value: unknown): string {
  if (!isRecord(value)) return "";
  return String(value["name"] ?? value["value"] ?? "");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function nodesOf(text: string, path: string): Node[] {
  const nodes: Node[] = [];
  const visit = (value: unknown, parent: string) => {
    if (Array.isArray(value)) return value.forEach((item) => visit(item, parent));
    if (!isRecord(value)) return;
    const type = value["type"];
    const isNode = typeof type === "string" && typeof value["start"] === "number";
    if (isNode) nodes.push({ type, start: Number(value["start"]), parent, fields: value });
    for (const child of Object.values(value)) visit(child, isNode ? type : parent);
  };
  visit(parseAst(text, { lang: "ts" }, path), "");
  return nodes;
}
