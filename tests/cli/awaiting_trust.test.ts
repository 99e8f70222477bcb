// What a folder brings along and nobody has approved: it is said, and it is approved only when somebody did so.
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataFolder } from "../support/data_folder.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";
import { openOutside, type OutsideFile } from "./outside_file.ts";
import { startJamey } from "./program.ts";

let desk: AgentDesk;
let outside: OutsideFile;
beforeEach(async () => {
  outside = await openOutside(dataFolder());
  await outside.write("make check");
  desk = await openAgentDesk({ outside });
});
afterEach(() => desk.close());

/** Runs `jamey` with nobody who reads its output. */
async function unread(args: string[]): Promise<number> {
  const child = startJamey(desk.dataDir, args, { cwd: desk.workspace, env: { HOME: desk.folder } });
  await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.stdin.close()]);
  return (await child.status).code;
}

test("jamey trust --yes has approved when it ends well, also when nobody reads what it prints", async () => {
  expect(await unread(["trust", "--yes"])).toBe(0);
  expect(await outside.standings(desk.workspace)).toEqual(["approved"]);
});

test("jamey trust without anybody who reads it approves nothing, and does not end well", async () => {
  expect(await unread(["trust"])).not.toBe(0);
  expect(await outside.standings(desk.workspace)).toEqual(["unknown"]);
});

test("run, chat and doctor say that something of the folder waits for approval, until it is approved", async () => {
  const says = "waits for approval and is not used: look with jamey trust";
  const ran = await desk.jamey(["run", "--quiet", "hello"]);
  expect(ran.code).toBe(0);
  expect(ran.stderr.split("\n").filter((line) => line.includes(says))).toHaveLength(1);
  expect(ran.stdout).not.toContain(says);
  expect((await desk.jamey(["chat"], { stdin: "hello\n" })).stderr).toContain(says);
  expect((await desk.jamey(["doctor"])).stdout).toMatch(/^warning +trust +1 hook, server, tool or rule/m);
  expect((await desk.jamey(["trust", "--yes"])).code).toBe(0);
  expect((await desk.jamey(["run", "hello"])).stderr).not.toContain("approval");
  expect((await desk.jamey(["doctor"])).stdout).toMatch(/^ok +trust +this folder/m);
});

test("a tool of a server that waits for approval is not said to be unknown, but to wait", async () => {
  outside.bringMore();
  expect((await desk.jamey(["trust", "--yes"])).code).toBe(0);
  const calls = script(call("mcp__files__read"), call("mcp__filess__read"), { text: "Done" });
  const { stderr } = await desk.jamey(["run", calls]);
  expect(stderr).toContain("its server comes with this folder and waits for approval");
  expect(stderr).toContain('mcp__filess__read failed: Unknown tool "mcp__filess__read"');
});

test("a run that is refused for what nobody looked at makes no session and changes none", async () => {
  expect((await desk.jamey(["run", "--permission-mode", "default", "hello"])).code).toBe(0);
  const sessions = async () => (await desk.server.call("GET", "/sessions")).body;
  const before = await sessions();
  const acting = ["run", "hello", "--permission-mode", "auto"];
  for (const words of [acting, [...acting, "-c"], [...acting, "-c", "--fork-session"]]) {
    const { code, stderr } = await desk.jamey(words);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining("jamey trust") });
  }
  expect(await sessions()).toEqual(before);
});
