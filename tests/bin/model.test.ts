// A real endpoint that speaks the OpenAI protocol, as a process of its own: the client in the program must stream from it.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Desk, jsonLines, openDesk, readLines } from "./desk.ts";
import { isRunning } from "./processes.ts";

let desk: Desk;
let server: Deno.ChildProcess;
let env: Record<string, string>;

beforeEach(async () => {
  desk = await openDesk();
});
afterEach(async () => {
  await desk.close();
  await endModel();
});

async function startModel(scenario: Record<string, unknown>): Promise<void> {
  server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tests/support/model_server_main.ts", JSON.stringify(scenario)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { url } = JSON.parse(await readLines(server.stdout).first);
  env = { OPENAI_API_KEY: "key-of-the-daemon", LLM_BASE_URL: url };
}

async function endModel(): Promise<void> {
  if (isRunning(server.pid)) server.kill("SIGKILL");
  await server.status;
}

it("a turn with three rounds of commands runs through a streaming endpoint", async () => {
  await startModel({ rounds: 3, calls_per_round: 2 });
  const words = ["run", "--permission-mode", "bypassPermissions", "--output-format", "stream-json", "work"];
  const lines = jsonLines(await desk.ok(words, { env }));
  expect(lines[0]).toMatchObject({ provider: "openai" });
  expect(lines.at(-1)).toMatchObject({ subtype: "success", num_turns: 4, result: "All 3 rounds are done." });
  expect(JSON.stringify(lines)).toContain("round 3 call 2");
  await desk.ok(["replay", "last", "--verify"]);
});

it("the daemon's key reaches no command, no client and no log, even when the model says it", async () => {
  await startModel({
    rounds: 1,
    text: "I know key-of-the-daemon.",
    args: { command: "env; echo key-of-the-daemon" },
  });
  const words = ["run", "--permission-mode", "bypassPermissions", "--output-format", "stream-json", "look"];
  const out = await desk.ok(words, { env });
  expect(out).toContain("HOME=");
  expect(out).toContain("I know ");
  expect(out).not.toMatch(/OPENAI_API_KEY=|key-of-the-daemon/);
  const find = new Deno.Command("grep", {
    args: ["-rl", "--exclude-dir=effects", "key-of-the-daemon", desk.dataDir],
  });
  expect(new TextDecoder().decode((await find.output()).stdout)).toBe("");
});

it("an endpoint that is gone ends the turn with an error and says so", async () => {
  await startModel({});
  await endModel();
  const ended = await desk.jamey(["run", "--output-format", "json", "hello"], { env });
  expect(ended.code).not.toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ is_error: true, type: "result" });
});
