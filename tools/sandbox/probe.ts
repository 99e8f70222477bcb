// Tries the sandbox out before it is relied on: from inside, in a folder made for it, what must not be possible is
// attempted, and what must be possible is done. Anything else than all of that means that it does not work.
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "./bubblewrap.ts";

const timeoutMs = 10_000;
const shownCharsMax = 300;

/** Folders of one attempt: `workspace` to write, `outside` and `hidden` not. */
export interface ProbeGround {
  workspace: string;
  outside: string;
  hidden: string;
  tmp: string;
}

/**
 * $1 outside, $2 hidden, $3 a port that listens outside, $4 the network namespace outside. Prints what went wrong. The
 * first command of a session waits for it, so it starts as few programs as it can.
 */
const commonScript = `
wrong() { echo "$1"; }
got=
echo 1 >written && read -r got <written
[ "$got" = 1 ] || wrong "cannot write in the workspace"
(echo 1 >"$TMPDIR/written") || wrong "cannot write temporary files"
(echo 1 >"$1/escaped") 2>/dev/null && wrong "wrote outside of the workspace"
(read -r got <"$2/secret") 2>/dev/null && wrong "read a hidden file"
(echo 1 >.git/hooks/pre-commit) 2>/dev/null && wrong "wrote a git hook"
mv .git .moved 2>/dev/null && wrong "moved a protected folder away"
(echo 1 >.mcp.json) 2>/dev/null && wrong "wrote a protected file"
case "$BASH_VERSION" in ?*) (exec 3<>"/dev/tcp/127.0.0.1/$3") 2>/dev/null && wrong "reached this machine" ;; esac
`;

/** What Linux says of the process itself. */
const linuxScript = `
[ "$(readlink /proc/self/ns/net)" = "$4" ] && wrong "shares the network"
filter= gains= privileges=
while read -r key value; do
  case "$key" in
    Seccomp:) filter=$value ;;
    NoNewPrivs:) gains=$value ;;
    CapEff:) privileges=$value ;;
  esac
done </proc/self/status
[ "$filter" = 2 ] || wrong "runs without a filter of system calls"
[ "$gains" = 1 ] || wrong "can gain privileges"
case "$privileges" in *[!0]*|"") wrong "has privileges" ;; esac
[ -S /var/run/docker.sock ] && wrong "sees the sockets of daemons"
`;

export type ProbeRun = (
  ground: ProbeGround,
) => Promise<
  { argv: readonly string[]; environment: Readonly<Record<string, string>>; release(): Promise<void> }
>;

/** Throws a Problem `unavailable` that says what went wrong. `base`: a folder of our own for what the attempt needs. */
export async function probeSandbox(base: string, confine: ProbeRun): Promise<void> {
  await mkdir(base, { recursive: true, mode: 0o700 });
  const room = await realpath(await mkdtemp(join(base, "probe-")));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let visitors = 0;
  const serve = async () => {
    for await (const visitor of listener) {
      visitors++;
      visitor.close();
    }
  };
  serve().catch(() => {});
  try {
    const ground = {
      workspace: join(room, "workspace"),
      outside: join(room, "outside"),
      hidden: join(room, "hidden"),
      tmp: join(room, "tmp"),
    };
    for (const folder of Object.values(ground)) await mkdir(folder);
    // A hook is attempted where there can be one.
    await mkdir(join(ground.workspace, ".git", "hooks"), { recursive: true });
    await writeFile(join(ground.hidden, "secret"), "secret\n");
    const said = await attempt(ground, await confine(ground), listener.addr.port);
    if (said !== "tried" || visitors > 0) {
      throw unavailable(
        `a trial in the sandbox went wrong: ${said.slice(-shownCharsMax) || "it said nothing"}`,
        hintFor(said),
      );
    }
  } finally {
    listener.close();
    await rm(room, { recursive: true, force: true });
  }
}

async function attempt(
  ground: ProbeGround,
  { argv, environment, release }: Awaited<ReturnType<ProbeRun>>,
  port: number,
): Promise<string> {
  const shell = await Deno.stat("/bin/bash").then(() => "/bin/bash", () => "/bin/sh");
  const ownNetwork = await Deno.readLink("/proc/self/ns/net").catch(() => "");
  const [program = "", ...words] = [
    ...argv,
    ...[shell, "-c", scriptHere(), "jamey-probe", ground.outside, ground.hidden, String(port), ownNetwork],
  ];
  try {
    const { stdout, stderr } = await new Deno.Command(program, {
      args: words,
      cwd: ground.workspace,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", ...environment },
      stdin: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    const decoder = new TextDecoder();
    return `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim();
  } finally {
    await release();
  }
}

function scriptHere(): string {
  return `${commonScript}${Deno.build.os === "linux" ? linuxScript : ""}echo tried\n`;
}

function hintFor(said: string): string {
  if (/namespace|uid map|Operation not permitted|Permission denied|No space left/i.test(said)) {
    return "This system does not let programs make user namespaces: set kernel.unprivileged_userns_clone=1, or on Ubuntu give bwrap an AppArmor profile with userns";
  }
  return "Install bubblewrap anew, or set sandbox.enabled = false to be asked about every command";
}
