// S2 from end to end: a real daemon on a machine where programs may make no namespaces, so that the installed bubblewrap
// fails. In the mode auto its commands are asked about, and every client says why.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { script } from "../cli/agent_desk.ts";
import { jamey, jsonLines, startJamey } from "../cli/program.ts";
import { type DaemonProcess, startDaemonProcess } from "../support/daemon.ts";
import { tally } from "../support/tally.ts";

/** As on machines whose kernel or administrator forbids it; holds for this daemon and what it starts only. */
const withoutNamespaces = [
  "unshare",
  "--user",
  "--map-root-user",
  "sh",
  "-c",
  'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"',
];
const reason = "the sandbox does not work: Cannot confine commands: a trial in the sandbox went wrong";
const asks = 'so the mode "auto" asks about commands';

let folder: string;
let workspace: string;
let dataDir: string;
let daemon: DaemonProcess;
beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ dir: "/var/tmp", prefix: "jamey-s2-" }));
  [workspace, dataDir] = [join(folder, "workspace"), join(folder, "data")];
  await mkdir(workspace);
  daemon = await startDaemonProcess({ dataDir, through: withoutNamespaces, env: { HOME: folder } });
});
afterAll(async () => {
  await daemon.end("SIGTERM");
  await rm(folder, { recursive: true });
});

const auto = ["--permission-mode", "auto"];
const command = (name: string, more = {}) =>
  script({ calls: [{ name: "Bash", args: { command: `echo ran >${name}`, ...more } }] }, { text: "done" });
const client = (args: string[], stdin = "") =>
  jamey(dataDir, args, {
    cwd: workspace,
    stdin,
    env: { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") },
  });

it("no command of the mode auto runs unasked, in whatever words it is asked for", async () => {
  const attempts = [{}, { outside_sandbox: false }, { outside_sandbox: true }, { run_in_background: true }];
  for (const [place, more] of attempts.entries()) {
    const { code, stderr } = await client(["run", ...auto, command(`made-${place}`, more)]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("nobody to ask") });
  }
  const made = await readdir(workspace);
  const refused = attempts.length - made.length;
  const tried = attempts.length;
  tally({ family: "S2", what: "commands without a sandbox", tried, refused, escapes: made.length });
  expect(made).toEqual([]);
});

it("run, chat, attach, replay, sessions and status say that it does not work, why, and what that means", async () => {
  const run = await client(["run", ...auto, "--output-format", "stream-json", command("made")]);
  const changed = jsonLines(run.stdout).filter((line) =>
    JSON.stringify(line).includes('"type":"session.sandbox_changed"')
  );
  // One fact, however many questions there were.
  expect(changed).toHaveLength(1);
  expect(JSON.stringify(changed)).toMatch(
    /"status":"unavailable","reason":"Cannot confine commands: .*user namespaces/,
  );
  expect((await client(["run", ...auto, command("made")])).stderr).toContain(reason);
  const events = jsonLines((await client(["replay", "last", "--json"])).stdout);
  expect((await client(["replay", "last", "--at", `${events.length}`])).stdout).toContain(reason);
  const chat = await client(["chat", "-s", "last"], "/session\n");
  expect(chat.stderr).toContain(`Mode auto; ${reason}`);
  expect(chat.stderr).toContain(asks);
  expect(chat.stdout).toContain("the sandbox does not work");
  const attached = startJamey(dataDir, ["attach", "last"], { cwd: workspace, env: { HOME: folder } });
  let said = "";
  for await (const text of attached.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes(asks)) attached.kill("SIGINT");
  }
  expect(said).toContain(`Mode auto; ${reason}`);
  await Promise.all([attached.stdin.close(), attached.stdout.cancel(), attached.status]);
  expect((await client(["status"])).stdout).toContain(reason);
  expect((await client(["sessions", "--json"])).stdout).toContain('"sandbox":{"status":"unavailable"');
});
