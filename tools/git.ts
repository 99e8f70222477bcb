// Runs git for the program's own needs: without a shell, in bounded time and output, in a process group of its own, and
// so that nothing a repository brings along is executed: no hooks, filters, monitors or transports.
import { delimiter } from "node:path";
import { Problem } from "../src/protocol/problem.ts";
import { cleanEnvironment } from "./environment.ts";
import { type ConfigEntry, configEnvironment, hardening, localOverrides, tooMany } from "./git_config.ts";
import { isInside } from "./paths.ts";
import { signalProcess } from "./process_table.ts";
import { findHelper } from "./sandbox/helper_program.ts";

export const gitTimeoutMs = 120_000;
export const gitOutputBytesMax = 2 * 1024 * 1024;
/** Between SIGTERM, on which git removes its lock files, and SIGKILL. */
const graceMs = 2000;

export interface GitResult {
  code: number;
  stdout: string;
  stderr: string;
  /** More came than may be read; git was ended then. */
  truncated: boolean;
}

export interface GitOptions {
  cwd?: string;
  timeoutMs?: number;
  outputBytesMax?: number;
  /** `NAME=value`: part of git's environment, by which its processes are known. */
  marker?: string;
}

/** Runs git with these arguments; the exit code is the caller's matter. Throws when git cannot run, or is ended. */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitResult>;

/** A git for one folder: its settings are read first, so that those which would run something are overruled. */
export async function openGit(
  folder: string,
  options: { signal: AbortSignal; timeoutMs?: number },
): Promise<Git> {
  const listed = await spawnGit(
    ["config", "--list", "--null", "--name-only", "--show-scope", "--includes"],
    { cwd: folder, entries: hardening, ...options },
  );
  // Outside of a repository, and in one that git refuses, every command says so by itself.
  const overrides = listed.truncated
    ? { why: tooMany }
    : listed.code === 0
    ? localOverrides(listed.stdout)
    : [];
  if ("why" in overrides) throw new Problem("forbidden", `Cannot use git in "${folder}": ${overrides.why}`);
  const entries = [...hardening, ...overrides];
  return (args, more = {}) => spawnGit(args, { cwd: folder, entries, ...options, ...more });
}

interface SpawnOptions extends GitOptions {
  cwd: string;
  entries: readonly ConfigEntry[];
  signal: AbortSignal;
}

async function spawnGit(args: readonly string[], options: SpawnOptions): Promise<GitResult> {
  options.signal.throwIfAborted();
  const environment = cleanEnvironment(Deno.env.toObject());
  const program = await findGit(environment["PATH"] ?? "", options.cwd);
  const child = startGit(program, args, { ...options, environment });
  let ended: string | null = null;
  let late: ReturnType<typeof setTimeout> | undefined;
  const end = (why: string) => {
    if (ended !== null) return;
    ended = why;
    signalGroup(child, "SIGTERM");
    late = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const cancel = () => end("cancelled");
  options.signal.addEventListener("abort", cancel, { once: true });
  const timeoutMs = options.timeoutMs ?? gitTimeoutMs;
  const timer = setTimeout(() => end("overtime"), timeoutMs);
  const bytesMax = options.outputBytesMax ?? gitOutputBytesMax;
  try {
    const [stdout, stderr, status] = await Promise.all([
      collect(child.stdout, bytesMax, () => end("output")),
      collect(child.stderr, bytesMax, () => end("output")),
      child.status,
    ]);
    options.signal.throwIfAborted();
    if (ended === "overtime") {
      throw new Problem("unavailable", `Cannot finish git ${args[0]}: it ran longer than ${timeoutMs} ms`);
    }
    return { code: status.code, stdout, stderr: stderr.trim(), truncated: ended === "output" };
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
    options.signal.removeEventListener("abort", cancel);
  }
}

/** The system's own before others: a folder of the user's PATH may be in a workspace, where commands put programs. */
async function findGit(searchPath: string, cwd: string): Promise<string> {
  if (Deno.build.os === "windows") return "git";
  const outside = searchPath.split(delimiter).filter((folder) => !isInside(folder, [cwd])).join(delimiter);
  const program = await findHelper("git", { searchPath: outside });
  if (program !== null) return program;
  throw new Problem("unavailable", `Cannot run git in "${cwd}": git is not installed`);
}

function startGit(
  program: string,
  args: readonly string[],
  options: SpawnOptions & { environment: Record<string, string> },
): Deno.ChildProcess {
  const [name = "", value = ""] = options.marker?.split("=") ?? [];
  try {
    return new Deno.Command(program, {
      args: ["--no-pager", ...args],
      cwd: options.cwd,
      env: {
        ...options.environment,
        ...(name === "" ? {} : { [name]: value }),
        ...quiet,
        ...configEnvironment(options.entries),
      },
      clearEnv: true,
      // A group of its own: ended as a whole, and not by a signal that was meant for the terminal.
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    throw new Problem("unavailable", `Cannot run git in "${options.cwd}": git or the folder is not there`, {
      cause: thrown,
    });
  }
}

/** Never asks, never fetches, speaks English (its messages are read), and leaves the index alone when it only looks. */
const quiet = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_NO_LAZY_FETCH: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_EDITOR: ":",
  GIT_ASKPASS: "",
  LC_ALL: "C",
  LANGUAGE: "",
};

async function collect(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
  tooMuch: () => void,
): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const room = bytesMax - bytes;
    if (room > 0) pieces.push(decoder.decode(chunk.subarray(0, room), { stream: true }));
    bytes += chunk.length;
    // The rest is read and dropped until git is gone, so that it does not wait for us.
    if (bytes > bytesMax) tooMuch();
  }
  return pieces.join("") + decoder.decode();
}

function signalGroup(child: Deno.ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (Deno.build.os !== "windows") return void signalProcess(-child.pid, signal);
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
