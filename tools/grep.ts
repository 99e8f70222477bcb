// Grep: searches the content of files, line by line.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import type { Tool, ToolContext, ToolOutcome } from "./contract.ts";
import { type FileType, fileTypes, isOfType } from "./file_types.ts";
import { openFolderReader } from "./folder_reader.ts";
import { compileGlob, globPatternCharsMax } from "./glob.ts";
import { filesToSearch } from "./grep_files.ts";
import { startLook } from "./grep_look.ts";
import { type RowOptions, rowsOf } from "./grep_rows.ts";
import { pathCharsMax, shownPath } from "./paths.ts";
import { parsePattern, patternCharsMax } from "./pattern_syntax.ts";
import { readableContext } from "./secret_file.ts";
import { searchBase } from "./search_base.ts";

export const grepFileBytesMax = 8 * 1024 * 1024;
export const grepRowsMax = 1000;
export const grepRowsDefault = 250;
const contextLinesMax = 50;
/** Files that are not searched and named all the same. */
const keptShownMax = 10;

const around = z.number().int().min(0).max(contextLinesMax).optional();
const parameters = z.strictObject({
  pattern: z.string().min(1).max(patternCharsMax).describe(
    "A regular expression as in ripgrep, matched line by line; no look-around, no back-references",
  ),
  path: z.string().min(1).max(pathCharsMax).optional().describe("File or folder, by default the workspace"),
  glob: z.string().min(1).max(globPatternCharsMax).optional().describe('Only files that fit, such as "*.ts"'),
  // The keys of the table of types, of which there is more than one.
  type: z.enum(fileTypes as [FileType, ...FileType[]]).optional().describe("Only files of this kind"),
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

export interface GrepParts {
  /** Folders in which ripgrep is looked for, as in PATH. */
  searchPath(): string;
  /** So many files are searched sooner than ripgrep has started. */
  aloneFilesMax: number;
}

export const grepTool = defineGrep({ searchPath: () => Deno.env.get("PATH") ?? "", aloneFilesMax: 200 });

/** With ripgrep when there is one; what the search finds is the same without. */
export function defineGrep(parts: GrepParts): Tool {
  return defineTool({
    name: "Grep",
    description:
      "Searches the content of files. Skips binary files, .git, node_modules and what .gitignore names; symbolic links are not followed.",
    parameters,
    effect: "pure",
    requires_confirmation: false,
    limits: { timeoutMs: 60_000, outputCharsMax: 60_000 },
    subjects: ({ path = "." }) => [{ kind: "path", path, access: "read" }],
    run: (args, context) => search(args, parts, context),
  });
}

async function search(args: Args, parts: GrepParts, caller: ToolContext): Promise<ToolOutcome> {
  const context = readableContext(caller);
  const options = rowOptions(args);
  const ignoreCase = args["-i"] ?? false;
  const pattern = parsePattern(args.pattern, { ignoreCase });
  const look = startLook(args.pattern, pattern, {
    ignoreCase,
    isFirstEnough: options.mode === "files_with_matches",
    signal: context.signal,
  });
  const base = await searchBase(args.path, context);
  const kept: string[] = [];
  const files = filesToSearch(
    {
      base,
      fits: nameTest(args),
      pattern,
      bytesMax: grepFileBytesMax,
      searchPath: parts.searchPath(),
      aloneFilesMax: parts.aloneFilesMax,
      onSecret: (file) => kept.push(shownPath(file, context.workspace)),
    },
    context,
  );
  const reader = openFolderReader(context, grepFileBytesMax);
  const rows: string[] = [];
  try {
    while (rows.length <= options.rowsMax) {
      const step = await files.next();
      if (step.done && !step.value.complete) {
        look.note("the folder is too large to search whole: narrow the path");
      }
      if (step.done) break;
      for (const file of step.value) {
        const shown = shownPath(file, context.workspace);
        const content = reader.read(file);
        const found = await look.into(content instanceof Promise ? await content : content, shown);
        if (found !== null) rows.push(...rowsOf(shown, found.lines, found.hits, options));
        if (rows.length > options.rowsMax) break;
      }
    }
  } finally {
    reader.close();
    await files.return({ complete: false });
  }
  context.signal.throwIfAborted();
  if (kept.length > 0) look.note(keptNote(kept));
  return showRows(rows, look.notes(), options.rowsMax);
}

function keptNote(kept: readonly string[]): string {
  const names = kept.slice(0, keptShownMax).map((name) => `"${name}"`).join(", ");
  const more = kept.length > keptShownMax ? ` and ${kept.length - keptShownMax} more` : "";
  return `not searched, secrets are kept from tools: ${names}${more}`;
}

function rowOptions(args: Args): RowOptions {
  const both = args["-C"] ?? args.context ?? 0;
  return {
    mode: args.output_mode ?? "files_with_matches",
    before: args["-B"] ?? both,
    after: args["-A"] ?? both,
    hasNumbers: args["-n"] ?? true,
    rowsMax: args.head_limit ?? grepRowsDefault,
  };
}

function nameTest({ glob, type }: Args): (below: string) => boolean {
  // A pattern without a slash is meant for names at any depth, as in ripgrep.
  const fits = glob === undefined ? () => true : compileGlob(glob.includes("/") ? glob : `**/${glob}`);
  return type === undefined ? fits : (below) => isOfType(below, type) && fits(below);
}

function showRows(rows: readonly string[], notes: readonly string[], rowsMax: number): ToolOutcome {
  const more = rows.length > rowsMax;
  const stopped = more ? [`[stopped after ${rowsMax} rows: narrow the search or raise head_limit]`] : [];
  const output = [...rows.slice(0, rowsMax), ...notes, ...stopped].join("\n");
  return { status: "finished", output: output || "No matches found", truncated: more };
}
