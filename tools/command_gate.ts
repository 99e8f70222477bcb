// Starts a shell that does nothing until it is told to, so that its identity can be logged before the command runs.
// When whoever holds the gate dies first, the shell reads the end of its input and leaves without a trace.
import { access, constants, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../src/protocol/problem.ts";
import { commandFiles } from "./command_files.ts";
import { endGroup, type GroupIdentity, identifyGroup } from "./process_group.ts";

/**
 * $1 output file, $2 status file, $3 shell, $4 command, $5 seconds or 0, $6 bytes; what follows starts the shell, where
 * something confines it. TERM is caught so that a command
 * ended by a signal to the group still gets its exit code written; the command itself starts with signals as usual.
 * The status is one short write that ends in a line end, so a reader can tell that it is whole. It is nobody else's to
 * read; the command itself keeps the umask of the user.
 *
 * With seconds a guard stands beside the command: it ends the group after so many seconds, or when the output file has
 * more than so many bytes or is gone. It is the second line, for as long as no runtime watches. Why a guard that looks once
 * a second: the kernel's own limit (`ulimit -f`) would count every file that the command writes, and a pipe through
 * `head -c` would hold live output back and lose the end of it when the group is ended. The guard is made before TERM is
 * caught: a TERM that comes before its own trap is set then ends it, and is not lost in the trap of its parent. It runs
 * outside of the sandbox, so its programs are the system's own: the user's PATH may lead into the workspace.
 */
const gateScript = `
read -r word || exit 0
[ "$word" = go ] || exit 0
output=$1 status=$2 shell=$3 command=$4 seconds=$5 bytes=$6
shift 6
guard() {
  PATH=/usr/bin:/bin
  trap 'kill "$nap" 2>/dev/null; exit 0' TERM
  left=$1
  while kill -0 "$$" 2>/dev/null; do
    [ "$left" -gt 0 ] && [ $(wc -c <"$2") -le "$3" ] || kill -s KILL -- "-$$"
    sleep 1 & nap=$!
    wait "$nap"
    left=$((left - 1))
  done
}
if [ "$seconds" -gt 0 ]; then guard "$seconds" "$output" "$bytes" </dev/null & guard=$!; fi
trap : HUP INT TERM
"$@" "$shell" -c "$command" </dev/null >>"$output" 2>&1
code=$?
umask 077
printf '%s\\n' "$code" >"$status"
if [ "$seconds" -gt 0 ]; then kill "$guard"; fi
`;

export interface CommandGate {
  group: GroupIdentity;
  /** Lets the command run. */
  open(): Promise<void>;
  /** Sends the shell home. */
  close(): Promise<void>;
}

export interface GateOptions {
  command: string;
  cwd: string;
  /** The call's own folder. */
  dir: string;
  environment: Record<string, string>;
  /** What starts the shell in its place, where the command is confined. */
  confinedBy?: readonly string[];
  /** `NAME=value`, part of the environment. */
  marker: string;
  /** Limits that hold also while no runtime watches; for commands in the background. */
  guard?: { seconds: number; outputBytesMax: number };
}

/** A shell in a session and process group of its own, waiting. */
export async function standAtGate(options: GateOptions): Promise<CommandGate> {
  const files = commandFiles(options.dir);
  // An earlier attempt that never got through its gate may have left files of the same call.
  await rm(files.status, { force: true });
  await (await open(files.output, "w", 0o600)).close();
  const shell = await findShell(options.environment["PATH"] ?? "");
  const limits = [options.guard?.seconds ?? 0, options.guard?.outputBytesMax ?? 0].map(String);
  const [name = "", value = ""] = options.marker.split("=");
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      gateScript,
      "jamey-gate",
      files.output,
      files.status,
      shell,
      options.command,
      ...limits,
      ...options.confinedBy ?? [],
    ],
    cwd: options.cwd,
    env: { ...options.environment, [name]: value },
    clearEnv: true,
    detached: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
  const gate = child.stdin.getWriter();
  const group = await identifyGroup(child.pid, options.marker);
  if (group === null) throw new Problem("unavailable", "Cannot start a shell: it ended at once");
  return {
    group,
    open: async () => {
      await gate.write(new TextEncoder().encode("go\n"));
      await gate.close();
    },
    close: async () => {
      await gate.close();
      await child.status;
      await endGroup(group, { mayLeave: false, onlyMarked: false });
    },
  };
}

const searchPathsMax = 256;

/** The full path of bash, or of sh where there is none. */
async function findShell(searchPath: string): Promise<string> {
  const folders = searchPath.split(":").filter((folder) => folder.startsWith("/")).slice(0, searchPathsMax);
  for (const folder of [...folders, "/bin", "/usr/bin"]) {
    const candidate = join(folder, "bash");
    if (await access(candidate, constants.X_OK).then(() => true, () => false)) return candidate;
  }
  return "/bin/sh";
}
