// The background daemon's log file: where it is, its last lines, and its bounded size.
import { join } from "node:path";
import { messageOf, Problem } from "../protocol/problem.ts";

const logBytesMax = 8 * 1024 * 1024;
const readBytesMax = 1024 * 1024;

/** The file that a background daemon's output goes to. */
export function logPath(dataDir: string): string {
  return join(dataDir, "daemon.log");
}

/** Moves a large log aside (one older log is kept), so that the file does not grow for ever. */
export async function makeRoomForLog(path: string): Promise<void> {
  if (await sizeOf(path) > logBytesMax) await Deno.rename(path, `${path}.1`);
}

/** 0 when there is no such file; throws a Problem when that cannot be known. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return 0;
    throw new Problem("storage_failed", `Cannot read "${path}": ${messageOf(thrown)}`, {
      hint: "Choose a data folder of your own with --data-dir or JAMEY_DATA_DIR",
      cause: thrown,
    });
  }
}

/** The last lines of the file, at most `linesMax`, none from before byte `from`, from its last MiB. */
export async function lastLines(path: string, linesMax: number, from = 0): Promise<string[]> {
  const size = await sizeOf(path);
  const start = Math.max(from, size - readBytesMax);
  const { text } = await readFrom(path, start);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return linesMax === 0 ? [] : lines.slice(-linesMax);
}

/** What the file holds after byte `start`, at most 1 MiB, and where that ends. A shrunk file is read from its start. */
export async function readFrom(path: string, start: number): Promise<{ text: string; end: number }> {
  const size = await sizeOf(path);
  if (size === 0) return { text: "", end: 0 };
  const begin = start > size ? 0 : start;
  using file = await Deno.open(path);
  await file.seek(begin, Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.min(readBytesMax, size - begin));
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return { text: new TextDecoder().decode(bytes.subarray(0, filled)), end: begin + filled };
}
