// The daemon in the foreground: its line, its files, who may have its port and folder, and how it ends.
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Desk, openDesk, readLines, script } from "./desk.ts";
import { isRunning, until } from "./processes.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

/** A daemon that is ready. */
async function serve(args: string[] = [], env: Record<string, string> = {}) {
  const child = desk.start(["serve", "--port", "0", ...args], { env });
  const out = readLines(child.stdout);
  const errors = readLines(child.stderr);
  const line = await out.first;
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`No address in "${line}": ${await errors.all}`);
  return { child, url, line, output: out.all, errors: errors.all };
}

it("serve prints one line with its address, answers, and stops for its client with exit code 0", async () => {
  const { child, url, line, output, errors } = await serve();
  const health = await (await fetch(`${url}/health`)).json();
  expect(health).toMatchObject({ status: "ok", version: manifest.version, sessions: 0 });
  expect((await fetch(`${url}/sessions`)).status).toBe(401);
  await desk.ok(["stop"]);
  expect((await child.status).code).toBe(0);
  expect([await output, await errors]).toEqual([`${line}\n`, ""]);
});

it("the token, the discovery file and the data folder are for their owner only", async () => {
  await serve();
  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  const { token_file, pid } = await desk.daemon();
  expect(isRunning(pid)).toBe(true);
  expect(await mode(token_file)).toBe(0o600);
  expect(await mode(join(desk.dataDir, "daemon.json"))).toBe(0o600);
  expect(await mode(desk.dataDir)).toBe(0o700);
});

it("a second daemon on the same data folder ends with exit code 3 and names the first", async () => {
  const { child } = await serve();
  const second = await desk.jamey(["serve", "--port", "0"]);
  expect(second).toMatchObject({ code: 3, stderr: expect.stringContaining(`process ${child.pid}`) });
  expect(isRunning(child.pid)).toBe(true);
});

it("a port that is taken ends the daemon with exit code 3 and names who holds it", async () => {
  const { url } = await serve();
  const other = await desk.jamey([
    "serve",
    "--port",
    new URL(url).port,
    "--data-dir",
    join(desk.home, "other"),
  ]);
  expect(other).toMatchObject({ code: 3, stderr: expect.stringMatching(/port \d+: jamey .* holds it/) });
});

it("Ctrl-C ends the daemon with exit code 130 and gives its port and folder back", async () => {
  const { child, url } = await serve();
  Deno.kill(child.pid, "SIGINT");
  expect((await child.status).code).toBe(130);
  const port = new URL(url).port;
  const next = desk.start(["serve", "--port", port]);
  expect(await readLines(next.stdout).first).toContain(url);
});

it("SIGTERM in the middle of a command ends the daemon with exit code 143 and leaves no process behind", async () => {
  const { child } = await serve();
  await desk.ok(["new", "--name", "busy", "--permission-mode", "bypassPermissions"]);
  const chat = desk.start([
    "run",
    "-r",
    "busy",
    script({ calls: [{ name: "Bash", args: { command: "sleep 60" } }] }),
  ]);
  await until(async () => (await desk.view("busy")).state.summary.status === "acting" || undefined);
  await until(() => desk.processes().length >= 4 || undefined);
  chat.kill("SIGKILL");
  await chat.status;
  Deno.kill(child.pid, "SIGTERM");
  expect((await child.status).code).toBe(143);
  expect(desk.processes()).toEqual([]);
  await expect(Deno.stat(join(desk.dataDir, "daemon.json"))).rejects.toThrow(Deno.errors.NotFound);
});
