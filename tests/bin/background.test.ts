// The daemon in the background, started by the compiled program itself.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Desk, openDesk } from "./desk.ts";
import { isRunning, until } from "./processes.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

it("start leaves a daemon running, status and logs know it, stop ends it", async () => {
  expect(await desk.ok(["start"])).toMatch(/^jamey \S+ at http:\/\/127\.0\.0\.1:\d+ \(process \d+\)\n$/);
  const { pid, url } = await desk.daemon();
  expect(JSON.parse(await desk.ok(["status", "--json"]))).toMatchObject({ running: true, pid, url });
  expect(await desk.ok(["logs", "-n", "1"])).toContain(url);
  await desk.ok(["stop"]);
  expect(isRunning(pid)).toBe(false);
  expect(await desk.jamey(["status", "--json"])).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('"running":false'),
  });
});

it("starting twice keeps the first daemon; restart replaces it and keeps the sessions", async () => {
  await desk.ok(["runtime", "start"]);
  const first = await desk.daemon();
  await desk.ok(["start"]);
  expect((await desk.daemon()).pid).toBe(first.pid);
  const session = (await desk.ok(["new", "--name", "kept"])).trim();
  await desk.ok(["restart"]);
  expect(isRunning(first.pid)).toBe(false);
  expect((await desk.daemon()).pid).not.toBe(first.pid);
  expect((await desk.view("kept")).session_id).toBe(session);
});

it("ten starts at the same moment leave one daemon", async () => {
  const ended = await Promise.all(Array.from({ length: 10 }, () => desk.jamey(["start", "--json"])));
  const pids = ended.map(({ code, stdout }) => code === 0 ? JSON.parse(stdout).pid : `exit code ${code}`);
  const { pid } = await desk.daemon();
  expect(new Set(pids)).toEqual(new Set([pid]));
  // Those that came late find the folder held, and leave.
  await until(() => desk.processes().length <= 1 || undefined);
  expect(desk.processes()).toEqual([pid]);
});

it("a start with bad settings says why, from the daemon's own log, and ends with the exit code for that", async () => {
  const ended = await desk.jamey(["start"], { env: { LLM_BASE_URL: "ftp://example.org" } });
  expect(ended).toMatchObject({
    code: 52,
    stderr: expect.stringContaining('is not http: or https: but "ftp:"'),
  });
});
