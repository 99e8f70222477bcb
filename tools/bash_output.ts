// BashOutput: what a command in the background has written, from any point on, while it runs and after it ended.
import { open } from "node:fs/promises";
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import { describeState, findTask, idCharsMax } from "./background_tasks.ts";
import { readEvidence } from "./command_evidence.ts";
import { commandFiles } from "./command_files.ts";
import type { BackgroundTask, ToolContext, ToolOutcome } from "./contract.ts";
import { errorCode } from "./failure.ts";
import { plainText } from "./plain_text.ts";

/** How much one call shows. */
export const windowBytesMax = 30_000;
/** A line that is cut in two is shown whole by the next call, unless it is longer than this. */
const lineSearchBytes = 4096;
/** A character takes at most so many bytes. */
const characterBytesMax = 4;
const newline = 10;

const parameters = z.strictObject({
  bash_id: z.string().min(1).max(idCharsMax).describe("The id that Bash gave with run_in_background"),
  offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe(
    "The byte to begin with, as the call before named it; left out: the end of the output",
  ),
});
type Args = z.infer<typeof parameters>;

export const bashOutputTool = defineTool({
  name: "BashOutput",
  description:
    `Shows what a background command of Bash has written, at most ${windowBytesMax} bytes at a time, whether it still runs, its exit code, and the offset from which to go on.`,
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 30_000, outputCharsMax: windowBytesMax + 1000 },
  run: showOutput,
});

async function showOutput(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const { task, error } = findTask(context.session, args.bash_id, "read the output of");
  if (error !== undefined) return { status: "failed", error };
  // Before the output: what was written before the end is in it then.
  const state = await describeState(task);
  const evidence = readEvidence(task.evidence);
  const part = evidence && await readPart(commandFiles(evidence.dir).output, args.offset);
  if (part === null) return withoutFile(task, state);
  const { text, from, to, size } = part;
  const lines = [
    `["${task.backgroundId}" ${state === "running" ? "is running" : state}]`,
    text === "" ? "[nothing new]" : text.replace(/\n$/, ""),
    `[bytes ${from} to ${to} of ${size}; to go on: offset ${to}]`,
  ];
  return { status: "finished", output: lines.join("\n"), truncated: to < size };
}

/** The log keeps the last words, whatever became of the file. */
function withoutFile(task: BackgroundTask, state: string): ToolOutcome {
  if (task.ended === null) {
    const error =
      `Cannot read the output of "${task.backgroundId}": its file is gone, end the task with KillShell`;
    return { status: "failed", error };
  }
  const output =
    `["${task.backgroundId}" ${state}; its file is gone, this was the end of it]\n${task.ended.output}`;
  return { status: "finished", output, truncated: false };
}

interface Part {
  text: string;
  from: number;
  to: number;
  size: number;
}

/** The part of the file from `offset`, or its end; whole lines where that is possible, else whole characters. */
async function readPart(path: string, offset: number | undefined): Promise<Part | null> {
  const handle = await open(path, "r").catch((thrown: unknown) => {
    if (errorCode(thrown) === "ENOENT") return null;
    throw thrown;
  });
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    const start = Math.min(offset ?? Math.max(0, size - windowBytesMax), size);
    const buffer = new Uint8Array(Math.min(windowBytesMax, size - start));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const bytes = buffer.subarray(0, bytesRead);
    const skipped = offset === undefined && start > 0 ? startOfWhole(bytes) : 0;
    const kept = start + bytesRead < size ? endOfWhole(bytes) : endOfCharacters(bytes);
    const text = plainText(new TextDecoder().decode(bytes.subarray(skipped, kept)));
    return { text, from: start + skipped, to: start + kept, size };
  } finally {
    await handle.close();
  }
}

/** After the first line end, when one is near; else at the first whole character. */
function startOfWhole(bytes: Uint8Array): number {
  const line = bytes.subarray(0, lineSearchBytes).indexOf(newline) + 1;
  if (line > 0) return line;
  const character = bytes.subarray(0, characterBytesMax).findIndex((byte) => !isContinuation(byte));
  return Math.max(0, character);
}

/** After the last line end, when one is near; else after the last whole character. */
function endOfWhole(bytes: Uint8Array): number {
  const line = bytes.lastIndexOf(newline) + 1;
  return line > 0 && bytes.length - line <= lineSearchBytes ? line : endOfCharacters(bytes);
}

/** Leaves out a character of UTF-8 whose end is not there yet. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back < characterBytesMax && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
