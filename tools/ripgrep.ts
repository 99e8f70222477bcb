// Asks ripgrep, when it is installed, which files may hold a match. It only narrows down where we look: what is in a file,
// and whether it may be shown, is decided by our own search, so its other rules, settings and encodings do not matter.
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join, relative } from "node:path";
import { isInside } from "./paths.ts";

const searchPathsMax = 256;
const outputBytesMax = 4 * 1024 * 1024;
const complaintBytesMax = 4096;

/** Reads all that it is given as bytes, without settings, filters or programs of its own choice. Named files are never ignored. */
const fixedArgs = [
  "--no-config",
  "--files-with-matches",
  "--null",
  "--text",
  "--encoding=none",
  "--case-sensitive",
  "--no-pre",
  "--no-search-zip",
  "--no-mmap",
  "--no-messages",
  "--color=never",
];

/** The full path of `rg`, or null. Never one in a folder that the agent may write to. */
export async function findRipgrep(searchPath: string, roots: readonly string[]): Promise<string | null> {
  const name = Deno.build.os === "windows" ? "rg.exe" : "rg";
  const folders = searchPath.split(delimiter).filter((folder) =>
    isAbsolute(folder) && !isInside(folder, roots)
  );
  for (const folder of folders.slice(0, searchPathsMax)) {
    const candidate = join(folder, name);
    if (await access(candidate, constants.X_OK).then(() => true, () => false)) return candidate;
  }
  return null;
}

export interface RipgrepQuestion {
  program: string;
  /** As `bytesPattern` gives it. */
  pattern: string;
  /** The files' paths are given and returned as they are, and told to ripgrep from here. */
  folder: string;
  files: readonly string[];
  signal: AbortSignal;
}

/** The files in which `pattern` may match, or null when ripgrep could not say: then every file may. */
export async function askRipgrep(question: RipgrepQuestion): Promise<ReadonlySet<string> | null> {
  const { program, pattern, folder, files, signal } = question;
  if (signal.aborted) return null;
  const byName = new Map(files.map((file) => [`./${relative(folder, file)}`, file]));
  const child = start(program, [...fixedArgs, `--regexp=${pattern}`, "--", ...byName.keys()], folder);
  if (child === null) return null;
  const stop = () => endGroup(child.pid);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [output, complaint] = await Promise.all([
      readAtMost(child.stdout, outputBytesMax, stop),
      readAtMost(child.stderr, complaintBytesMax, stop),
    ]);
    const { code, signal: endedBy } = await child.status;
    // 2 is also the code when a file could not be opened, of which nothing is said.
    const isTrusted = endedBy === null && complaint === "" && output !== null && code <= 2;
    return isTrusted ? new Set(output.split("\0").flatMap((name) => byName.get(name) ?? [])) : null;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function start(program: string, args: string[], cwd: string) {
  try {
    return new Deno.Command(program, {
      args,
      cwd,
      clearEnv: true,
      detached: Deno.build.os !== "windows",
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch {
    return null;
  }
}

/** The text of the stream; null, after `stop`, when there is more of it. */
async function readAtMost(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
  stop: () => void,
): Promise<string | null> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes > bytesMax) {
      stop();
      return null;
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text;
}

function endGroup(pid: number): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
