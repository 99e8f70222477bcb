// The files of one command in its call's folder: `output` (standard output and error together) and `status`.
import { open, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { wholeHead, wholeTail } from "./cut.ts";
import { plainStream, plainText } from "./plain_text.ts";

export const outputBytesMax = 64 * 1024 * 1024;
export const shownCharsMax = 30_000;
export const liveCharsMax = 1_000_000;
const pieceBytes = 64 * 1024;
/** Bytes read at each end of a long output: enough for the characters shown even when all take four bytes. */
const endBytes = shownCharsMax * 4;

export interface CommandFiles {
  output: string;
  status: string;
}

export function commandFiles(dir: string): CommandFiles {
  return { output: join(dir, "output"), status: join(dir, "status") };
}

/** The exit code, or null while there is none. The line end proves that the number is whole. */
export async function readStatus(files: CommandFiles): Promise<number | null> {
  const text = await readFile(files.status, "utf8").catch(() => "");
  return /^\d{1,3}\n$/.test(text) ? Number(text) : null;
}

/** Gives back what an output takes on disk beyond `outputBytesMax`; true when there was such. For commands that ended. */
export async function cutOutput(files: CommandFiles): Promise<boolean> {
  const size = (await stat(files.output).catch(() => null))?.size ?? 0;
  if (size <= outputBytesMax) return false;
  await truncate(files.output, outputBytesMax);
  return true;
}

export interface OutputTail {
  /** Passes on what was added since the last call; the size of the file so far. */
  pump(): Promise<number>;
}

/** Follows the output file for whoever watches, up to `liveCharsMax` characters. */
export function followOutput(files: CommandFiles, onOutput: (text: string) => void): OutputTail {
  let position = 0;
  let budget = liveCharsMax;
  const stream = plainStream((text) => {
    if (budget <= 0) return;
    onOutput(text.length <= budget ? text : `${text.slice(0, budget)}\n[live output ends here]\n`);
    budget -= text.length;
  });
  const pump = async () => {
    const { size } = await stat(files.output);
    const end = Math.min(size, outputBytesMax);
    if (position >= end || budget <= 0) return size;
    const handle = await open(files.output, "r");
    try {
      const buffer = new Uint8Array(Math.min(pieceBytes, end - position));
      while (position < end && budget > 0) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - position), position);
        if (bytesRead === 0) break;
        position += bytesRead;
        stream.push(buffer.subarray(0, bytesRead));
      }
    } finally {
      await handle.close();
    }
    return size;
  };
  return { pump };
}

/** What the model is shown: all of it, or head and tail with a line on what is missing and where the whole is. */
export async function readOutput(files: CommandFiles): Promise<{ text: string; truncated: boolean }> {
  const size = (await stat(files.output).catch(() => null))?.size ?? 0;
  if (size === 0) return { text: "", truncated: false };
  const handle = await open(files.output, "r");
  try {
    const readAt = async (from: number, length: number) => {
      const buffer = new Uint8Array(length);
      const { bytesRead } = await handle.read(buffer, 0, length, from);
      return plainText(new TextDecoder().decode(buffer.subarray(0, bytesRead))).replace(/\n$/, "");
    };
    if (size <= 2 * endBytes) return shorten(await readAt(0, size), null, size, files);
    return shorten(await readAt(0, endBytes), await readAt(size - endBytes, endBytes), size, files);
  } finally {
    await handle.close();
  }
}

/** The last `charsMax` characters of an output file, after a line that says what is left out and where all of it is. */
export async function readOutputEnd(file: string, charsMax: number): Promise<string> {
  const { size } = await stat(file);
  const from = Math.max(0, size - charsMax * 4);
  const handle = await open(file, "r");
  try {
    const buffer = new Uint8Array(size - from);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    const text = plainText(new TextDecoder().decode(buffer.subarray(0, bytesRead))).replace(/\n$/, "");
    if (from === 0 && text.length <= charsMax) return text;
    const note = `[... the start is left out; all ${size} bytes are in "${file}" ...]`;
    return `${note}\n${wholeTail(text.slice(-charsMax))}`;
  } finally {
    await handle.close();
  }
}

function shorten(
  start: string,
  end: string | null,
  size: number,
  files: CommandFiles,
): { text: string; truncated: boolean } {
  if (end === null && start.length <= shownCharsMax) return { text: start, truncated: false };
  const half = shownCharsMax / 2;
  const head = wholeHead(start.slice(0, half));
  const tail = wholeTail((end ?? start).slice(-half));
  const note = `[... the middle is left out; all ${size} bytes are in "${files.output}" ...]`;
  return { text: `${head}\n${note}\n${tail}`, truncated: true };
}
