// S2 at every client: a daemon whose machine has no bubblewrap, or one that is too old. In the mode auto commands are asked
// about, and whoever looks is told why. One that is broken is tried in s2_daemon.
import { chmod, mkdir, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { script } from "../cli/agent_desk.ts";
import { jamey, startJamey } from "../cli/program.ts";
import { type DaemonProcess, startDaemonProcess } from "../support/daemon.ts";
import { tally } from "../support/tally.ts";

let folder = "";
let daemon: DaemonProcess | undefined;
afterEach(async () => {
  await daemon?.end("SIGTERM");
  await rm(folder, { recursive: true });
});

const cases = [
  // A file that nobody can execute is no program.
  { name: "absent", mode: 0o644, text: "", why: "bubblewrap (bwrap) is not installed" },
  {
    name: "too old",
    mode: 0o755,
    text: "#!/bin/sh\necho bubblewrap 0.5.0\n",
    why: "0.5.0, which is too old",
  },
];
const asks = 'so the mode "auto" asks about commands';

/** Starts a daemon for which the installed program is this file: for it and what it starts only. */
async function startWith({ text, mode }: { text: string; mode: number }): Promise<string> {
  folder = await realpath(await Deno.makeTempDir({ dir: "/var/tmp", prefix: "jamey-s2-" }));
  await mkdir(join(folder, "workspace"));
  const other = join(folder, "bwrap");
  await writeFile(other, text);
  await chmod(other, mode);
  const instead = `mount --bind ${other} "$(realpath "$(command -v bwrap)")" && exec "$0" "$@"`;
  const through = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", instead];
  const dataDir = join(folder, "data");
  daemon = await startDaemonProcess({ dataDir, through, env: { HOME: folder } });
  return dataDir;
}

it.each(cases)(
  "with a bubblewrap that is $name nothing runs unasked, and every client says so",
  async (one) => {
    const dataDir = await startWith(one);
    const cwd = join(folder, "workspace");
    const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
    const client = (args: string[], stdin = "") => jamey(dataDir, args, { cwd, stdin, env });
    const prompt = script({ calls: [{ name: "Bash", args: { command: "echo ran >made" } }] }, {
      text: "done",
    });
    const run = await client(["run", "--permission-mode", "auto", prompt]);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("nobody to ask") });
    const made = await readdir(cwd);
    tally({
      family: "S2",
      what: `a bubblewrap that is ${one.name}`,
      tried: 1,
      refused: 1,
      escapes: made.length,
    });
    expect(made).toEqual([]);
    const chat = await client(["chat", "-s", "last"], "/session\n");
    const shown = {
      run: run.stderr,
      chat: chat.stderr,
      attach: await attached(dataDir, { cwd, env }),
      status: (await client(["status"])).stdout,
      sessions: (await client(["sessions", "--json"])).stdout,
    };
    for (const [who, said] of Object.entries(shown)) expect(said, who).toContain(one.why);
    expect(chat.stderr).toContain(asks);
    expect(shown.attach).toContain(asks);
  },
);

/** What `attach` says at its beginning. */
async function attached(
  dataDir: string,
  options: { cwd: string; env: Record<string, string> },
): Promise<string> {
  const program = startJamey(dataDir, ["attach", "last"], options);
  let said = "";
  for await (const text of program.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes(asks)) program.kill("SIGINT");
  }
  await Promise.all([program.stdin.close(), program.stdout.cancel(), program.status]);
  return said;
}
