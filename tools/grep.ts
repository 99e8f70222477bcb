// Grep: searches the content of files, line by line.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { wholeHead } from "./cut.ts";
import { compileGlob, globPatternCharsMax } from "./glob.ts";
import { openForReading, readAll } from "./open_file.ts";
import { pathCharsMax, shownPath } from "./paths.ts";
import { compilePattern, type Verdict } from "./pattern_matcher.ts";
import { patternCharsMax } from "./pattern_syntax.ts";
import { type SearchBase, searchBase } from "./search_base.ts";
import { walk } from "./walk.ts";

export const grepFileBytesMax = 8 * 1024 * 1024;
export const grepRowsMax = 1000;
export const grepRowsDefault = 250;
export const grepLineCharsMax = 500;
const contextLinesMax = 50;
const binaryProbeBytes = 8192;
/** How long lines are matched before others get their turn. */
const turnMs = 10;
const openAtOnceMax = 8;

const around = z.number().int().min(0).max(contextLinesMax).optional();
const parameters = z.strictObject({
  pattern: z.string().min(1).max(patternCharsMax).describe(
    "A regular expression as in ripgrep, matched line by line; no look-around, no back-references",
  ),
  path: z.string().min(1).max(pathCharsMax).optional().describe("File or folder, by default the workspace"),
  glob: z.string().min(1).max(globPatternCharsMax).optional().describe('Only files that fit, such as "*.ts"'),
  output_mode: z.enum(["content", "files_with_matches", "count"]).optional().describe(
    "Default files_with_matches",
  ),
  "-i": z.boolean().optional().describe("Ignore upper and lower case"),
  "-n": z.boolean().optional().describe("Show line numbers with content, by default true"),
  "-A": around.describe("Lines to show after each match"),
  "-B": around.describe("Lines to show before each match"),
  "-C": around.describe("Lines to show before and after each match"),
  context: around.describe("The same as -C"),
  head_limit: z.number().int().min(1).max(grepRowsMax).optional().describe(
    `The most rows of output, by default ${grepRowsDefault}`,
  ),
});
type Args = z.infer<typeof parameters>;

export const grepTool = defineTool({
  name: "Grep",
  description:
    "Searches the content of files. Skips binary files, .git, node_modules and what .gitignore names; symbolic links are not followed.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 60_000, outputCharsMax: 60_000 },
  run: search,
});

interface Found {
  rows: string[];
  notes: Set<string>;
}

async function search(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const matches = compilePattern(args.pattern, { ignoreCase: args["-i"] ?? false });
  const base = await searchBase(args.path, context);
  const found: Found = { rows: [], notes: new Set() };
  const limit = args.head_limit ?? grepRowsDefault;
  const rest = politely(context.signal);
  for await (const batch of batches(filesToSearch(args, base, context, found))) {
    const texts = await Promise.all(batch.map((file) => readText(file, context, found)));
    for (const [index, file] of batch.entries()) {
      const lines = texts[index];
      if (!lines) continue;
      const hits = await matchLines(lines, matches, { rest, found, first: isFilesOnly(args) });
      if (hits.length > 0) found.rows.push(...rowsOf(shownPath(file, context.workspace), lines, hits, args));
    }
    if (found.rows.length > limit) break;
  }
  const more = found.rows.length > limit;
  if (more) found.notes.add(`[stopped after ${limit} rows: narrow the search or raise head_limit]`);
  const output = [...found.rows.slice(0, limit), ...found.notes].join("\n");
  return { status: "finished", output: output || "No matches found", truncated: more };
}

function isFilesOnly(args: Args): boolean {
  return (args.output_mode ?? "files_with_matches") === "files_with_matches";
}

async function* filesToSearch(
  args: Args,
  base: SearchBase,
  context: ToolContext,
  found: Found,
): AsyncGenerator<string> {
  if (!base.isFolder) return yield base.real;
  // A pattern without a slash is meant for names at any depth, as in ripgrep.
  const fits = args.glob ? compileGlob(args.glob.includes("/") ? args.glob : `**/${args.glob}`) : () => true;
  const files = walk(base.real, { root: base.root, signal: context.signal });
  let step = await files.next();
  for (; !step.done; step = await files.next()) {
    if (step.value.kind === "file" && fits(step.value.below)) yield step.value.path;
  }
  if (!step.value.complete) found.notes.add("[the folder is too large to search whole: narrow the path]");
}

async function* batches(files: AsyncIterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const file of files) {
    batch.push(file);
    if (batch.length < openAtOnceMax) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The lines of a text file, or null for what is not searched: binary, too large, unreadable, gone. */
async function readText(path: string, context: ToolContext, found: Found): Promise<string[] | null> {
  const confined = { given: shownPath(path, context.workspace), real: path, exists: true };
  const file = await openForReading(confined, context.roots).catch(() => null);
  if (file === null) return null;
  try {
    if (file.size > grepFileBytesMax) {
      found.notes.add(`[not searched, more than ${grepFileBytesMax} bytes: "${confined.given}"]`);
      return null;
    }
    const bytes = await readAll(file, confined, grepFileBytesMax);
    if (bytes.subarray(0, binaryProbeBytes).includes(0)) return null;
    const lines = new TextDecoder().decode(bytes).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  } catch {
    return null;
  } finally {
    await file.handle.close();
  }
}

/** Indexes of the lines that fit; with `first` only the first one. */
async function matchLines(
  lines: readonly string[],
  matches: (line: string) => Verdict,
  options: { rest: () => Promise<void>; found: Found; first: boolean },
): Promise<number[]> {
  const hits: number[] = [];
  for (const [index, line] of lines.entries()) {
    const verdict = matches(line);
    if (verdict === "too costly") {
      options.found.notes.add("[some lines were too costly to match: simplify the pattern]");
    }
    if (verdict === "fits") hits.push(index);
    if (options.first && hits.length > 0) break;
    if (index % 64 === 63 || line.length > 10_000) await options.rest();
  }
  return hits;
}

function rowsOf(path: string, lines: readonly string[], hits: readonly number[], args: Args): string[] {
  if (isFilesOnly(args)) return [path];
  if (args.output_mode === "count") return [`${path}:${hits.length}`];
  const both = args["-C"] ?? args.context ?? 0;
  const [before, after] = [args["-B"] ?? both, args["-A"] ?? both];
  const isHit = new Set(hits);
  const rows: string[] = [];
  let shownTo = -1;
  for (const hit of hits.slice(0, grepRowsMax + 1)) {
    const from = Math.max(hit - before, shownTo + 1);
    if (before + after > 0 && shownTo >= 0 && from > shownTo + 1) rows.push("--");
    for (let index = from; index <= Math.min(hit + after, lines.length - 1); index++) {
      const mark = isHit.has(index) ? ":" : "-";
      const number = args["-n"] ?? true ? `${index + 1}${mark}` : "";
      rows.push(`${path}${mark}${number}${shortLine(lines[index] ?? "")}`);
      shownTo = index;
    }
  }
  return rows;
}

function shortLine(line: string): string {
  if (line.length <= grepLineCharsMax) return line;
  return `${wholeHead(line.slice(0, grepLineCharsMax))} [line cut, it has ${line.length} characters]`;
}

/** Lets others run when this has taken its turn, and throws once aborted. */
function politely(signal: AbortSignal): () => Promise<void> {
  let turnEnds = performance.now() + turnMs;
  return async () => {
    if (performance.now() < turnEnds) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal.throwIfAborted();
    turnEnds = performance.now() + turnMs;
  };
}
