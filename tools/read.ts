// Read: shows a file by what it is: text with line numbers, an image, the text of a PDF, the cells of a notebook.
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { wholeHead } from "./cut.ts";
import { imageTypeOf, showImage } from "./image.ts";
import { isNotebook, showNotebook } from "./notebook.ts";
import { openForReading, readAll } from "./open_file.ts";
import { type ConfinedPath, confinePath, pathCharsMax } from "./paths.ts";
import { isPdf, pdfPagesMax, showPdf } from "./pdf_text.ts";
import { readableContext } from "./secret_file.ts";
import { sha256 } from "./temporary_file.ts";

export const readBytesMax = 16 * 1024 * 1024;
export const readLinesMax = 2000;
export const readLineCharsMax = 2000;
export const readCharsMax = 100_000;
/** A NUL in this many first bytes marks a binary file. */
const binaryProbeBytes = 8192;

const parameters = z.strictObject({
  file_path: z.string().min(1).max(pathCharsMax).describe("The file, relative to the workspace or absolute"),
  offset: z.number().int().min(1).max(100_000_000).optional().describe(
    "First line to show, counted from 1; the first cell of a notebook",
  ),
  limit: z.number().int().min(1).max(readLinesMax).optional().describe(
    `How many lines or cells, at most ${readLinesMax}`,
  ),
  pages: z.string().max(20).optional().describe(
    `Pages of a PDF, such as "3", "2-5" or "7-", at most ${pdfPagesMax} at a time`,
  ),
});
type Args = z.infer<typeof parameters>;
type Shown = Omit<ToolOutcome & { status: "finished" }, "status" | "files" | "facts">;

export const readTool = defineTool({
  name: "Read",
  description:
    `Reads a file. Text is shown with line numbers, up to ${readLinesMax} lines at a time; use offset and limit for the rest. Images (PNG, JPEG, GIF, WebP) are shown as images, PDFs as the text of their pages, notebooks (.ipynb) as cells with outputs.`,
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 30_000, outputCharsMax: readCharsMax + 10_000 },
  subjects: (args) => [{ kind: "path", path: args.file_path, access: "read" }],
  run: readFile,
});

async function readFile(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const where = readableContext(context);
  const path = await confinePath(args.file_path, where);
  const file = await openForReading(path, where);
  const bytes = await readAll(file, path, readBytesMax).finally(() => file.handle.close());
  const shown = await show(bytes, path, args, context.signal);
  return { status: "finished", ...shown, files: [{ path: path.real, sha256: sha256(bytes) }] };
}

/** What a file is, is told by its first bytes; only a notebook by its name. */
async function show(bytes: Uint8Array, path: ConfinedPath, args: Args, signal: AbortSignal): Promise<Shown> {
  const { given } = path;
  const type = imageTypeOf(bytes);
  if (type !== null) {
    const { image, line } = showImage(bytes, type, given);
    return { output: line, truncated: false, images: [image] };
  }
  if (isPdf(bytes)) return await showPdf(bytes, { given, pages: args.pages, charsMax: readCharsMax, signal });
  if (args.pages !== undefined) {
    throw new Problem(
      "bad_request",
      `Cannot read pages of "${given}": it is not a PDF, use offset and limit`,
    );
  }
  if (bytes.subarray(0, binaryProbeBytes).includes(0)) {
    throw new Problem(
      "bad_request",
      `Cannot read "${given}": it is a binary file of a kind that cannot be shown`,
    );
  }
  const text = new TextDecoder().decode(bytes);
  if (!given.toLowerCase().endsWith(".ipynb")) return showLines(text, args);
  if (!isNotebook(text)) {
    const lines = showLines(text, args);
    return { ...lines, output: `[not a valid notebook, shown as text]\n${lines.output}` };
  }
  const { offset, limit } = args;
  return showNotebook(text, { given, offset, limit, charsMax: readCharsMax });
}
function showLines(text: string, args: Args): Shown {
  if (text === "") return { output: "[the file is empty]", truncated: false };
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const first = args.offset ?? 1;
  if (first > lines.length) {
    throw new Problem(
      "bad_request",
      `Cannot read "${args.file_path}" from line ${first}: it has ${lines.length} lines`,
    );
  }
  const shown: string[] = [];
  let chars = 0;
  for (const line of lines.slice(first - 1, first - 1 + (args.limit ?? readLinesMax))) {
    const numbered = `${String(first + shown.length).padStart(6)}\t${shortLine(line)}`;
    if (chars + numbered.length > readCharsMax) break;
    chars += numbered.length + 1;
    shown.push(numbered);
  }
  const next = first + shown.length;
  const truncated = next <= lines.length;
  if (truncated) shown.push(`[${lines.length - next + 1} more lines: continue with offset ${next}]`);
  return { output: shown.join("\n"), truncated };
}

function shortLine(line: string): string {
  const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (plain.length <= readLineCharsMax) return plain;
  return `${wholeHead(plain.slice(0, readLineCharsMax))} [line cut, it has ${plain.length} characters]`;
}
