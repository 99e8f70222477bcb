// What stands in the place of protected files while commands run: there as long as one needs it, gone afterwards, also
// after a crash, and never in the way of what somebody else puts there.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { repositoryRoot } from "../../src/platform/repository_root.ts";
import { openFolderFiles } from "../../tools/mcp/folder_file.ts";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { textOf } from "./workspace.ts";

const rooms: SandboxRoom[] = [];
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

async function open(): Promise<SandboxRoom> {
  const room = await openRoom();
  rooms.push(room);
  return room;
}

async function until(fits: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 400 && !(await fits()); look++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  expect(await fits()).toBe(true);
}

const isThere = async (path: string) => await Deno.lstat(path).then(() => true, () => false);

it("placeholders are there while a command runs, and gone with the last one that needs them", async () => {
  const room = await open();
  const held = join(room.workspace, ".vscode");
  const long = room.bash("touch began; while [ ! -e stop ]; do sleep 0.02; done; mkdir .vscode/x");
  await until(() => isThere(join(room.workspace, "began")));
  expect(await isThere(held)).toBe(true);
  expect(await room.text("echo short")).toBe("short");
  expect(await isThere(held)).toBe(true);
  await writeFile(join(room.workspace, "stop"), "");
  expect(textOf(await long)).toContain("Read-only file system");
  expect((await readdir(room.workspace)).sort()).toEqual(["began", "stop"]);
  expect(await readdir(join(room.dataDir, "sandbox", "leases"))).toEqual([]);
});

it("commands that come and go at once are all confined, though each sees the placeholders of others", async () => {
  const room = await open();
  const one = async (nth: number) => {
    await new Promise((resolve) => setTimeout(resolve, nth * 3));
    return await room.text(`echo ${nth}`);
  };
  const all = Array.from({ length: 80 }, (_, nth) => nth);
  expect(await Promise.all(all.map(one))).toEqual(all.map(String));
  expect(await readdir(room.workspace)).toEqual([]);
  expect(await readdir(join(room.dataDir, "sandbox", "leases"))).toEqual([]);
});

it("a folder whose places are held is no repository of its own, and names no servers", async () => {
  const room = await open();
  await mkdir(join(room.base, ".git", "refs"), { recursive: true });
  const reported: string[] = [];
  const waiting = await room.prepare("true");
  expect(await isThere(join(room.workspace, ".git"))).toBe(true);
  expect(repositoryRoot(room.workspace)).toBe(room.base);
  expect(await openFolderFiles((line) => void reported.push(line))(room.workspace)).toEqual([]);
  expect(reported).toEqual([]);
  await waiting.abandon();
});

it("a command in the background keeps them until it has ended", async () => {
  const room = await open();
  const outcome = await room.bash("while [ ! -e stop ]; do sleep 0.02; done", { run_in_background: true });
  expect(outcome.status).toBe("finished");
  expect(await room.text("echo other")).toBe("other");
  expect(await isThere(join(room.workspace, ".vscode"))).toBe(true);
  await writeFile(join(room.workspace, "stop"), "");
  await until(async () => (await readdir(room.workspace)).length === 1);
});

it("what a person puts there meanwhile stays, and is not the command's to change", async () => {
  const room = await open();
  const long = room.bash(
    "touch began; while [ ! -e stop ]; do sleep 0.02; done; echo evil >.vscode/tasks.json",
  );
  await until(() => isThere(join(room.workspace, "began")));
  await writeFile(join(room.workspace, ".vscode", "tasks.json"), "mine\n");
  await writeFile(join(room.workspace, "stop"), "");
  expect(textOf(await long)).toContain("Read-only file system");
  expect(await readFile(join(room.workspace, ".vscode", "tasks.json"), "utf8")).toBe("mine\n");
});

it("an empty folder of the user's own is not taken away", async () => {
  const room = await open();
  await mkdir(join(room.workspace, ".idea"));
  await room.bash("true");
  expect(await readdir(room.workspace)).toEqual([".idea"]);
});

it("after a crash what was left is taken away, but not under a command that still runs", async () => {
  const room = await open();
  // A program that crashed leaves its leases behind: made by a sandbox that is not closed, and asked no more.
  const crashed = openSandbox(room.options);
  const { release: _never, environment } = await crashed.confine({
    sessionId: "s",
    workspace: room.workspace,
    roots: [],
  });
  const running = new Deno.Command("sleep", { args: ["300"], env: { ...environment } }).spawn();
  await mkdir(join(room.workspace, ".claude"), { recursive: true });
  const [name = ""] = await readdir(join(room.dataDir, "sandbox", "leases"));
  await writeFile(join(room.dataDir, "sandbox", "leases", "torn.json"), '{"placed":[{"pa');

  const next = openSandbox(room.options);
  expect((await next.state()).status).toBe("works");
  expect(await isThere(join(room.workspace, ".vscode"))).toBe(true);
  expect(await readdir(join(room.dataDir, "sandbox", "leases"))).toEqual([name]);
  running.kill("SIGKILL");
  await running.status;
  await next.close();

  const last = openSandbox(room.options);
  expect((await last.state()).status).toBe("works");
  expect(await readdir(room.workspace)).toEqual([]);
  await last.close();
});

it("a call that is given up at its gate leaves nothing", async () => {
  const room = await open();
  const waiting = await room.prepare("echo never");
  expect(await isThere(join(room.workspace, ".vscode"))).toBe(true);
  await waiting.abandon();
  expect(await readdir(room.workspace)).toEqual([]);
});

it("a workspace that cannot be written says so, and is left as it is", async () => {
  const room = await open();
  await rm(room.workspace, { recursive: true });
  await writeFile(room.workspace, "");
  expect(await room.text("true")).toContain("Cannot");
});

it("the whole machine, and our own folders, are no workspace for the sandbox", async () => {
  const room = await open();
  const confine = (workspace: string) => room.sandbox.confine({ sessionId: "s", workspace, roots: [] });
  await expect(confine("/")).rejects.toThrow("the whole machine");
  await expect(confine(room.dataDir)).rejects.toThrow("a folder of jamey's own");
});

it("each session has temporary files of its own", async () => {
  const room = await open();
  const other = (await room.prepare("ls /tmp", { session: { ...room.session(), sessionId: "other" } })).run();
  expect(await room.text("echo 1 >/tmp/mine && echo written")).toBe("written");
  expect(await room.text("cat /tmp/mine")).toBe("1");
  expect(textOf(await other)).not.toContain("mine");
});
