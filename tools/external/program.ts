// A program of others, started in a process group of its own with a clean environment, and ended with all it started.
import { Problem } from "../../src/protocol/problem.ts";
import { endGroup, type GroupIdentity, identifyGroup, terminateGraceMs } from "../process_group.ts";

export interface ProgramOptions {
  /** The program and its arguments; found along PATH of `environment`. */
  command: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string>>;
}

export interface Program {
  /** Rejects when the program no longer reads. */
  write(text: string): Promise<void>;
  closeInput(): void;
  stdout: ReadableStream<Uint8Array>;
  stderr: ReadableStream<Uint8Array>;
  /** The exit code of the program itself; what it left behind may still run. */
  exited: Promise<number>;
  /** Ends whatever is left of its group. With `mayLeave` helpers get a moment to go by themselves. */
  end(options?: { graceMs?: number; mayLeave?: boolean }): Promise<void>;
}

/**
 * The shell waits until its identity is known and then becomes the program: so even one that ends at once, leaving
 * children behind, is told from all others.
 */
const gateScript = 'read -r word || exit 0\nexec "$@"';
const markerName = "JAMEY_PROGRAM";

/** Throws a Problem when it cannot be started. A command that is not found exits with 127, as shells have it. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const marker = crypto.randomUUID();
  const child = spawn(options, marker);
  const input = child.stdin.getWriter();
  // Whoever ends early leaves unread input: that is no fault of this process.
  input.closed.catch(() => {});
  const encoder = new TextEncoder();
  const isWindows = Deno.build.os === "windows";
  const group = isWindows ? null : await identifyGroup(child.pid, `${markerName}=${marker}`);
  if (group === null && !isWindows) {
    // What cannot be told from others cannot be ended: the gate stays shut, and the shell leaves.
    await input.close().catch(() => {});
    throw new Problem(
      "unavailable",
      `Cannot start "${options.command[0]}": its process could not be identified`,
    );
  }
  if (group !== null) await input.write(encoder.encode("go\n")).catch(() => {});
  const exited = child.status.then(({ code }) => code);
  return {
    write: (text) => input.write(encoder.encode(text)),
    closeInput: () => void input.close().catch(() => {}),
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    end: ({ graceMs = terminateGraceMs, mayLeave = false } = {}) =>
      group === null ? endTree(child.pid, exited) : endUnix(group, { graceMs, mayLeave }, exited),
  };
}

function spawn({ command, cwd, environment }: ProgramOptions, marker: string) {
  const [name, ...args] = command;
  if (name === undefined || name === "") {
    throw new Problem("bad_config", "Cannot start a program: no command");
  }
  const isWindows = Deno.build.os === "windows";
  try {
    const child = new Deno.Command(isWindows ? name : "/bin/sh", {
      args: isWindows ? args : ["-c", gateScript, "jamey", name, ...args],
      cwd,
      env: { ...environment, [markerName]: marker },
      clearEnv: true,
      detached: !isWindows,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    child.unref();
    return child;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem("unavailable", `Cannot start "${name}" in "${cwd}": ${why}`);
  }
}

async function endUnix(
  group: GroupIdentity,
  { graceMs, mayLeave }: { graceMs: number; mayLeave: boolean },
  exited: Promise<number>,
): Promise<void> {
  await endGroup(group, { graceMs, mayLeave, onlyMarked: false });
  await exited;
}

async function endTree(pid: number, exited: Promise<number>): Promise<void> {
  const killer = new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", String(pid)], stderr: "null" });
  await killer.output().catch(() => {});
  await exited;
}
