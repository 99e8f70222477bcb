// S1: ways out of the sandbox, each really tried from inside by the Bash tool.
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { noSecrets } from "../../src/permission/secret_places.ts";
import { textOf } from "../tools/workspace.ts";
import { processesWith } from "../tools/workspace.ts";
import { escapeProbes, type ProbeGround } from "../support/escape_probes.ts";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { tally } from "../support/tally.ts";

const kept = "as it was\n";
let room: SandboxRoom;
let ground: ProbeGround;
let visitors = 0;
let bystander: Deno.ChildProcess;
let listener: Deno.UnixListener;

beforeAll(async () => {
  // Not in the folder for temporary files, of which nothing can be seen inside: here it can be read.
  room = await openRoom({ place: "/var/tmp" });
  await writeFile(join(room.outside, "keep"), kept);
  await writeFile(join(room.hidden, "secret"), "CANARY\n");
  await writeFile(join(room.dataDir, "token"), "CANARY\n");
  await Promise.all(
    ["/tmp", "/dev/shm"].map((folder) => writeFile(`${folder}/jamey-probe-${process.pid}`, "")),
  );
  bystander = new Deno.Command("sleep", { args: ["300"], env: { JAMEY_CANARY_OUTSIDE: "1" } }).spawn();
  const socket = join(room.workspace, "listening");
  listener = Deno.listen({ transport: "unix", path: socket });
  const serve = async () => {
    for await (const visitor of listener) {
      visitors++;
      visitor.close();
    }
  };
  serve().catch(() => {});
  ground = { ...room, pid: bystander.pid, socket };
});
afterAll(async () => {
  bystander.kill("SIGKILL");
  listener.close();
  await Promise.all(["/tmp", "/dev/shm"].map((folder) => rm(`${folder}/jamey-probe-${process.pid}`)));
  await room.close();
});

it("no attempt gets out of the sandbox", async () => {
  const probes = escapeProbes(ground);
  const escaped: string[] = [];
  for (const { name, command } of probes) {
    const said = textOf(await room.bash(command));
    // One that was not started has tried nothing.
    if (/ESCAPED|Cannot confine|bwrap:.*not found/.test(said)) escaped.push(`${name}: ${said}`);
  }
  expect(escaped).toEqual([]);
  expect(await readdir(room.outside)).toEqual(["keep"]);
  expect(await readFile(join(room.outside, "keep"), "utf8")).toBe(kept);
  expect(await readdir(room.home)).toEqual([]);
  expect(visitors).toBe(0);
  tally({
    family: "S1",
    what: "escapes from the sandbox",
    tried: probes.length,
    refused: probes.length - escaped.length,
    escapes: escaped.length,
  });
  expect(probes.length).toBeGreaterThanOrEqual(40);
});

it("what stands beside a command outside runs no program of the workspace", async () => {
  const own = await openRoom({ place: "/var/tmp" });
  const path = Deno.env.get("PATH") ?? "";
  const [sleepLong, names] = ["sleep 1.5", ["wc", "sleep", "kill", "env", "cat"]];
  await own.bash(
    names.map((name) => `printf '#!/bin/sh\\necho 1 >${own.outside}/${name}\\n' >${name}; chmod +x ${name}`)
      .join("\n"),
  );
  try {
    Deno.env.set("PATH", `${own.workspace}:${path}`);
    await own.bash(`/bin/${sleepLong}`, { run_in_background: true });
    await own.bash(`/bin/${sleepLong}; /bin/true`);
  } finally {
    Deno.env.set("PATH", path);
  }
  const ran = await readdir(own.outside);
  await own.close();
  const refused = names.length - ran.length;
  tally({
    family: "S1",
    what: "programs beside a command",
    tried: names.length,
    refused,
    escapes: ran.length,
  });
  expect(ran).toEqual([]);
});

it("folders that are swapped for links while a command waits to start open nothing outside", async () => {
  const own = await openRoom({
    place: "/var/tmp",
    secrets: { ...noSecrets, hidden: (workspace) => Promise.resolve([join(workspace, "a", "b", ".env")]) },
  });
  const started: string[] = [];
  const links = ["../../outside", "../../home", "../../../..", `${own.outside}`, "../..", "../../data"];
  for (const link of links) {
    await own.bash("rm -rf a; mkdir -p a/b; echo mine >a/b/.env");
    const prepared = await own.prepare("echo 1 >../outside/new; echo 1 >../home/new; echo 1 >/etc/jamey-new");
    // As a command does that has started before the file was there.
    await rename(join(own.workspace, "a", "b"), join(own.workspace, "a", "real"));
    await symlink(link, join(own.workspace, "a", "b"));
    if ("run" in prepared) started.push(textOf(await prepared.run()));
  }
  expect(started.length).toBe(links.length);
  const left = [...await readdir(own.outside), ...await readdir(own.home)];
  const escapes = left.length + (await Deno.stat("/etc/jamey-new").then(() => 1, () => 0));
  await own.close();
  expect(left).toEqual([]);
  tally({
    family: "S1",
    what: "folders swapped before a start",
    tried: links.length,
    refused: links.length - escapes,
    escapes,
  });
  expect(escapes).toBe(0);
});

it("a workspace that is swapped for a link by a session above it opens nothing outside", async () => {
  const own = await openRoom({ place: "/var/tmp" });
  const workspace = join(own.workspace, "below");
  const links = ["../outside", "..", "../home", own.outside];
  const said: string[] = [];
  for (const link of links) {
    await mkdir(workspace);
    const prepared = await own.prepare("echo 1 >new; echo 1 >../../outside/new; echo started", {
      workspace,
      roots: [workspace],
    });
    // As if a command stood in each of them, and every place that is to be held were there.
    for (const name of await readdir(workspace)) {
      for (const folder of [own.outside, own.base, own.home]) {
        await mkdir(join(folder, name), { recursive: true });
      }
    }
    await rename(workspace, `${workspace}-away`);
    await symlink(link, workspace);
    if ("run" in prepared) said.push(textOf(await prepared.run()));
    await rm(workspace);
    await rm(`${workspace}-away`, { recursive: true });
  }
  const found = await Promise.all([own.outside, own.base, own.home].map((folder) => readdir(folder)));
  const left = found.flat().filter((name) => name === "new");
  await own.close();
  expect(said).toHaveLength(links.length);
  expect(said.join()).toContain("more than the workspace could be written");
  const refused = links.length - left.length;
  tally({ family: "S1", what: "swapped workspaces", tried: links.length, refused, escapes: left.length });
  expect(left).toEqual([]);
});

it("what was open in whoever started us is not open in a command", async () => {
  const own = await openRoom({ place: "/var/tmp" });
  const { argv, environment, release } = await own.sandbox.confine({
    sessionId: "one",
    workspace: own.workspace,
    roots: [],
  });
  const leave =
    `exec 5<"${own.outside}" 8>"${own.outside}/file" 44<"${own.outside}" 251>>"${own.outside}/file"`;
  const { stdout } = await new Deno.Command("/bin/bash", {
    args: ["-c", `${leave}; exec "$@"`, "leave", ...argv, "/bin/bash", "-c", "readlink /proc/$$/fd/*"],
    env: environment,
    stdin: "null",
  }).output();
  await release();
  await own.close();
  const open = new TextDecoder().decode(stdout).trim().split("\n");
  const escapes = open.filter((path) => path.includes("outside")).length;
  tally({ family: "S1", what: "what was left open", tried: 4, refused: 4 - escapes, escapes });
  expect(open).toEqual(["/dev/null", ...open.slice(1, 3)]);
});

it("a workspace of any name works", async () => {
  const own = await openRoom({ place: "/var/tmp" });
  for (const name of ["a b", "c\\d", "e#f", "g*[h]", "i\tj", "k'l\"m", "n\no", "ü -- p"]) {
    const workspace = join(own.workspace, name);
    await mkdir(workspace);
    const prepared = await own.prepare("echo so >made; cat made", { workspace, roots: [workspace] });
    expect("run" in prepared ? textOf(await prepared.run()) : "", name).toBe("so");
  }
  await own.close();
});

it("what a command should be able to do works in the sandbox", async () => {
  const said = await room.text(
    "mkdir -p a/b && echo 1 >a/b/c && cat a/b/c && mv a/b a/d && rm -r a && echo 2 >/tmp/t && cat /tmp/t && echo 3 >/dev/null && printf 4 && (sleep 0 & wait) && ls / >/dev/null && perl -e 'socketpair($a, $b, 1, 1, 0) or die; my $p = fork; defined $p or die; print 5; waitpid $p, 0 if $p'",
  );
  expect(said).toMatch(/^1\n2\n455/);
  expect(await room.text("cat /tmp/t")).toBe("2");
});

it("a process that leaves its group and its parents ends with the command", async () => {
  const word = `4${process.pid}`;
  const started =
    `setsid sh -c "setsid sleep ${word} & setsid env -i sleep ${word} &" & sleep 0.2; pgrep -c sleep`;
  expect(await room.text(started)).toMatch(/^3|^2/);
  expect(await processesWith(word)).toEqual([]);
});

it("a command that is ended has a moment to leave, and none that does not use it stays", async () => {
  await mkdir(join(room.workspace, "grace"), { recursive: true });
  const polite = "trap 'echo left >grace/note; exit 3' TERM; while :; do sleep 0.05; done";
  expect(textOf(await room.bash(polite, { timeout_ms: 600 }))).toContain("timed out");
  expect(await readFile(join(room.workspace, "grace", "note"), "utf8")).toBe("left\n");
  const word = `5${process.pid}`;
  const stubborn = `trap '' TERM; sleep ${word} & while :; do sleep ${word}; done`;
  expect(textOf(await room.bash(stubborn, { timeout_ms: 300 }))).toContain("timed out");
  expect(await processesWith(word)).toEqual([]);
});
