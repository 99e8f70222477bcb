// S2: a sandbox that is missing, too old, broken or gone. It is said, nothing runs as if it were confined, and it is tried
// again when it may be there again.
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { SandboxState } from "../../tools/sandbox/contract.ts";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { tally } from "../support/tally.ts";
import { textOf } from "../tools/workspace.ts";

const rooms: SandboxRoom[] = [];
const folders: string[] = [];
let tried = 0;
let refused = 0;
afterAll(async () => {
  for (const room of rooms) await room.close();
  for (const folder of folders) await rm(folder, { recursive: true });
  tally({ family: "S2", what: "sandboxes that do not work", tried, refused, escapes: tried - refused });
});

/** A room whose only `bwrap` is this script; null: there is none. */
async function roomWith(
  script: string | null,
  more: { retryMs?: number } = {},
): Promise<{ room: SandboxRoom; program: string }> {
  const folder = await Deno.makeTempDir({ prefix: "jamey-helpers-" });
  folders.push(folder);
  // Not in the folder for temporary files, of which a command sees nothing anyway.
  const room = await openRoom({ place: "/var/tmp", helpers: { searchPath: "", folders: [folder] }, ...more });
  rooms.push(room);
  const program = join(folder, "bwrap");
  if (script !== null) await install(program, script);
  return { room, program };
}

async function install(program: string, script: string): Promise<void> {
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
}

/** It says that it does not work and why; a command that is to be confined does not run. */
async function expectRefusal(
  { sandbox, text, workspace }: SandboxRoom,
  reason: RegExp,
): Promise<SandboxState> {
  tried++;
  const state = await sandbox.state();
  expect(state.status).toBe("unavailable");
  expect(state.reason).toMatch(reason);
  expect(await text(`echo ran >${workspace}/ran; echo ran`)).toMatch(/^Cannot confine commands: /);
  expect(await Deno.stat(join(workspace, "ran")).catch(() => null)).toBeNull();
  refused++;
  return state;
}

it("without bubblewrap it is unavailable, and says what to install", async () => {
  const { room } = await roomWith(null);
  await expectRefusal(room, /not installed.*apt-get install bubblewrap/);
});

it("a bubblewrap that is too old is not used", async () => {
  const { room } = await roomWith('echo "bubblewrap 0.4.0"');
  await expectRefusal(room, /0\.4\.0, which is too old.*0\.8\.0 or newer/);
  const { room: odd } = await roomWith('echo "hello"');
  await expectRefusal(odd, /does not say its version/);
});

it("a bubblewrap that fails is not used", async () => {
  const { room } = await roomWith('[ "$1" = --version ] && echo "bubblewrap 0.8.0" && exit 0; exit 1');
  await expectRefusal(room, /a trial in the sandbox went wrong: it said nothing/);
});

it("a kernel without user namespaces is told, with what to do about it", async () => {
  const { room } = await roomWith(
    '[ "$1" = --version ] && echo "bubblewrap 0.9.0" && exit 0; echo "bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces." >&2; exit 1',
  );
  await expectRefusal(room, /No permissions.*unprivileged_userns_clone.*AppArmor/);
});

it("a bubblewrap that confines nothing is found out", async () => {
  const version = '[ "$1" = --version ] && echo "bubblewrap 0.8.0" && exit 0';
  const pass = 'while [ "$1" != -- ]; do shift; done; shift';
  // Runs whatever comes after the words for bubblewrap, bare.
  const { room } = await roomWith(`${version}; ${pass}; exec "$@"`);
  await expectRefusal(room, /more than the workspace could be written/);
  // Nor does it run the check of what is mounted.
  const { room: bare } = await roomWith(`${version}; ${pass}; ${pass}; exec "$@"`);
  await expectRefusal(bare, /wrote outside of the workspace/);
});

it("a bubblewrap that confines only half is found out", async () => {
  for (
    const [leaveOut, words, reason] of [
      ["--unshare-net", 1, /shares the network/],
      ["--seccomp", 2, /without a filter/],
      ["--tmpfs|--remount-ro", 2, /read a hidden file/],
      ["--ro-bind", 3, /went wrong/],
    ] as const
  ) {
    const { room } = await roomWith(`
[ "$1" = --version ] && echo "bubblewrap 0.8.0" && exit 0
n=$#
while [ "$n" -gt 0 ]; do
  case "$1" in ${leaveOut}) shift ${words}; n=$((n - ${words})); continue;; esac
  set -- "$@" "$1"; shift; n=$((n - 1))
done
exec /usr/bin/bwrap "$@"`);
    await expectRefusal(room, reason);
  }
});

it("one that others could replace is not used", async () => {
  const { room, program } = await roomWith(null);
  await copyFile("/usr/bin/bwrap", program);
  await chmod(program, 0o777);
  await expectRefusal(room, /not installed/);
});

it("one that lies in the workspace is not used", async () => {
  const room = await openRoom();
  rooms.push(room);
  const folder = join(room.workspace, "bin");
  await mkdir(folder);
  await copyFile("/usr/bin/bwrap", join(folder, "bwrap"));
  const sandbox = openSandbox({ ...room.options, helpers: { searchPath: folder, folders: [] } });
  tried++;
  expect(textOf(await room.bashIn(sandbox)("echo ran"))).toMatch(/in a folder that commands may write/);
  refused++;
});

it("when it is deleted between two commands the next does not run, and when it is back it does", async () => {
  const { room, program } = await roomWith(null);
  await copyFile("/usr/bin/bwrap", program);
  await chmod(program, 0o755);
  expect(await room.sandbox.state()).toMatchObject({ status: "works", kind: "bubblewrap 0.8.0" });
  expect(await room.text("echo ran")).toBe("ran");
  await rm(program);
  await expectRefusal(room, /not installed/);
  await copyFile("/usr/bin/bwrap", program);
  await chmod(program, 0o755);
  expect(await room.text("echo ran")).toBe("ran");
});

it("when it is deleted while a command waits at its gate, that command does not run bare", async () => {
  const { room, program } = await roomWith(null);
  await copyFile("/usr/bin/bwrap", program);
  await chmod(program, 0o755);
  expect((await room.sandbox.state()).status).toBe("works");
  const waiting = await room.prepare("echo ran >ran; echo ran");
  await rm(program);
  tried++;
  expect(textOf(await waiting.run())).toMatch(/exit code 127[^]*(?:not found|No such file)/);
  expect(await Deno.stat(join(room.workspace, "ran")).catch(() => null)).toBeNull();
  refused++;
  expect((await room.sandbox.state()).status).toBe("unavailable");
});

it("one that stops working is tried out again, and found not to work", async () => {
  const { room, program } = await roomWith('exec /usr/bin/bwrap "$@"', { retryMs: 0 });
  expect((await room.sandbox.state()).status).toBe("works");
  // The same file to look at, which reads from another whether it may work.
  await writeFile(join(program, "..", "broken"), "");
  await rm(program);
  await install(
    program,
    `[ "$1" = --version ] || [ ! -e "${join(program, "..", "broken")}" ] || exit 1; exec /usr/bin/bwrap "$@"`,
  );
  await expectRefusal(room, /went wrong/);
  await rm(join(program, "..", "broken"));
  expect(await room.text("echo ran")).toBe("ran");
});

it("one that does not work is not tried out for every question, and one in its place is at once", async () => {
  const { room, program } = await roomWith(null);
  const runs = join(program, "..", "runs");
  await install(program, `echo run >>"${runs}"; [ "$1" = --version ] && echo "bubblewrap 0.8.0"`);
  await Promise.all(Array.from({ length: 20 }, () => room.sandbox.state()));
  for (let question = 0; question < 20; question++) await expectRefusal(room, /went wrong/);
  expect(await readFile(runs, "utf8")).toBe("run\nrun\n");
  await rm(program);
  await copyFile("/usr/bin/bwrap", program);
  await chmod(program, 0o755);
  expect(await room.text("echo ran")).toBe("ran");
});
