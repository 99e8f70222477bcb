// Read: shows a text file with line numbers.
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { wholeHead } from "./cut.ts";
import { openForReading, readAll } from "./open_file.ts";
import { confinePath, pathCharsMax } from "./paths.ts";

export const readBytesMax = 16 * 1024 * 1024;
export const readLinesMax = 2000;
export const readLineCharsMax = 2000;
export const readCharsMax = 100_000;
/** A NUL in this many first bytes marks a binary file. */
const binaryProbeBytes = 8192;

const parameters = z.strictObject({
  file_path: z.string().min(1).max(pathCharsMax).describe("The file, relative to the workspace or absolute"),
  offset: z.number().int().min(1).max(100_000_000).optional().describe("First line to show, counted from 1"),
  limit: z.number().int().min(1).max(readLinesMax).optional().describe(
    `How many lines, at most ${readLinesMax}`,
  ),
});
type Args = z.infer<typeof parameters>;

export const readTool = defineTool({
  name: "Read",
  description:
    `Reads a text file and shows it with line numbers, up to ${readLinesMax} lines at a time; use offset and limit for the rest. Images and binary files are refused.`,
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 30_000, outputCharsMax: readCharsMax + 10_000 },
  run: readText,
});

async function readText(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const path = await confinePath(args.file_path, context);
  const file = await openForReading(path, context.roots);
  try {
    const bytes = await readAll(file, path, readBytesMax);
    if (bytes.subarray(0, binaryProbeBytes).includes(0)) {
      throw new Problem(
        "bad_request",
        `Cannot read "${path.given}": it is a binary file, only text can be shown`,
      );
    }
    return showLines(new TextDecoder().decode(bytes), args);
  } finally {
    await file.handle.close();
  }
}

function showLines(text: string, args: Args): ToolOutcome {
  if (text === "") return { status: "finished", output: "[the file is empty]", truncated: false };
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
  return { status: "finished", output: shown.join("\n"), truncated };
}

function shortLine(line: string): string {
  const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (plain.length <= readLineCharsMax) return plain;
  return `${wholeHead(plain.slice(0, readLineCharsMax))} [line cut, it has ${plain.length} characters]`;
}
