// However `jamey run` ends, there is a result line as the last one, and the exit code that scripts rely on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { join } from "node:path";
import { z } from "zod";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { startDaemonProcess } from "../support/daemon.ts";
import { refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { type AgentDesk, openAgentDesk, script } from "./agent_desk.ts";
import { type Ended, jamey, jsonLines, startJamey } from "./program.ts";
import { type Ending, endings, models, slow } from "./run_ending_table.ts";
import { type RunResult, runResult } from "./run_result.ts";

let desk: AgentDesk;
let server: ModelServer;
beforeAll(async () => {
  server = startModelServer({
    reply: ({ model }, n) => {
      const plan = Object.entries(models).find(([name]) => name === model)?.[1];
      return plan === undefined ? refuse(404, `No model "${model}"`) : plan(n);
    },
  });
  const wire = openaiProvider({
    apiKey: "test-key",
    baseUrl: server.url,
    model: "refuses",
    models: { spends: { price: { input: 1, output: 1 } } },
    retries: 0,
  });
  desk = await openAgentDesk({ providers: registryOf([scriptedProvider(), wire]), limits: { costUsd: 1 } });
  await Deno.writeTextFile(join(desk.workspace, "no.png"), "not a picture");
});
afterAll(async () => {
  await desk.close();
  await server.close();
});

async function end({ words, stdin, signal }: Ending, format: string): Promise<Ended> {
  const args = ["run", "--output-format", format, ...words];
  if (signal === undefined) return await desk.jamey(args, stdin === undefined ? {} : { stdin });
  const talk = desk.start(args);
  await talk.until(signal.after);
  return await talk.end(signal.name);
}

/** The result, which is the only one and the last line; before it, in order, who works and what happened. */
function check(
  { stdout, code, stderr }: Ended,
  { exit, subtype, says }: Omit<Ending, "words">,
  format: string,
) {
  const lines = jsonLines(stdout);
  const last: RunResult = runResult.parse(lines.at(-1));
  expect({ code, subtype: last.subtype }, stderr).toEqual({ code: exit, subtype });
  expect(last.is_error).toBe(subtype !== "success");
  expect(last.result).not.toBe("");
  if (says !== undefined) expect(JSON.stringify(last)).toContain(says);
  expect(lines.filter(({ type }) => type === "result")).toHaveLength(1);
  if (format === "json") return expect(lines).toHaveLength(1);
  if (last.session_id !== null) expect(lines[0]).toMatchObject({ type: "system", subtype: "init" });
  expect(lines.slice(1, -1).every(({ type }) => type === "event")).toBe(true);
}

test.each(endings)("$name ends with a result line and exit code $exit", async (ending) => {
  check(await end(ending, "stream-json"), ending, "stream-json");
  // A signal is aimed by what was printed, and json prints nothing before its end.
  if (ending.signal === undefined) check(await end(ending, "json"), ending, "json");
});

/** A data folder of its own, and a program that starts the daemon there by itself. */
async function alone(env: Record<string, string>): Promise<{ dataDir: string; env: Record<string, string> }> {
  const dataDir = await Deno.makeTempDir({ dir: desk.folder });
  return { dataDir, env: { HOME: dataDir, XDG_CONFIG_HOME: dataDir, ...env } };
}

test("words that make no sense end with a result line for who wants JSON, and with none for who wants text", async () => {
  const json = ["--output-format", "json"];
  for (
    const words of [["run", ...json, "--bogus"], ["-p", "hi", "--output-format=stream-json", "--bogus"], [
      "run",
      "--json",
      "--output-format",
      "xml",
    ], ["run", ...json, "--max-turns"]]
  ) {
    check(await desk.jamey(words), { name: "", exit: 2, subtype: "error_usage" }, "json");
  }
  for (
    const words of [["run", "--bogus"], ["sessions", "--json", "--bogus"], [
      "run",
      "--",
      "--output-format",
      "json",
      "-c",
    ]]
  ) {
    expect((await desk.jamey(words)).stdout).not.toContain('"result"');
  }
});

test("a configuration that cannot be right ends with a result line and exit code 52", async () => {
  const { dataDir, env } = await alone({ JAMEY_PROVIDER: "nonsense" });
  const ended = await jamey(dataDir, ["run", "--output-format", "json", "hi"], { env });
  check(ended, { name: "", exit: 52, subtype: "error_bad_config" }, "json");
});

test(
  "a daemon that is killed in mid-turn and stays away ends with a result line and exit code 3",
  async () => {
    const { dataDir, env } = await alone({ JAMEY_PROVIDER: "scripted" });
    const daemon = await startDaemonProcess({ dataDir, env });
    const child = startJamey(dataDir, ["run", "--output-format", "stream-json", slow], { env });
    await child.stdin.close();
    const [watched, kept] = child.stdout.tee();
    for await (const text of watched.pipeThrough(new TextDecoderStream())) {
      if (text.includes("model.called")) break;
    }
    await daemon.end("SIGKILL");
    const stdout = await new Response(kept).text();
    const { code } = await child.status;
    await child.stderr.cancel();
    check({ code, stdout, stderr: "" }, { name: "", exit: 3, subtype: "error_daemon_lost" }, "stream-json");
  },
  60_000,
);

test("a daemon that is restarted in mid-turn is found again, and the turn has its own end", async () => {
  const { dataDir, env } = await alone({ JAMEY_PROVIDER: "scripted" });
  const first = await startDaemonProcess({ dataDir, env });
  const child = startJamey(dataDir, [
    "run",
    "--output-format",
    "stream-json",
    script({ text: "word ".repeat(40), delay_ms: 100 }),
  ], { env });
  await child.stdin.close();
  const [watched, kept] = child.stdout.tee();
  for await (const text of watched.pipeThrough(new TextDecoderStream())) {
    if (text.includes("model.called")) break;
  }
  await first.end("SIGKILL");
  const second = await startDaemonProcess({ dataDir, env });
  const stdout = await new Response(kept).text();
  const { code } = await child.status;
  await child.stderr.cancel();
  await second.end("SIGTERM");
  check({ code, stdout, stderr: "" }, { name: "", exit: 0, subtype: "success" }, "stream-json");
}, 60_000);

test("a turn that somebody else cancels ends with a result line and exit code 1", async () => {
  const talk = desk.start(["run", "--output-format", "stream-json", slow]);
  const seen = await talk.until("model.called");
  const id = z.object({ session_id: z.string() }).parse(jsonLines(seen.split("\n")[0] ?? "")[0]).session_id;
  await desk.server.call("POST", `/sessions/${id}/cancel`);
  check(await talk.end(), { name: "", exit: 1, subtype: "error_cancelled" }, "stream-json");
});

test("as text, a stop by a signal is said once, on stderr, and not as an answer", async () => {
  const steps = [{ text: "", calls: [{ name: "TodoWrite", args: { todos: [] } }] }, {
    text: "late",
    delay_ms: 60_000,
  }];
  const child = startJamey(desk.dataDir, ["run", script(...steps)]);
  await child.stdin.close();
  const [watched, kept] = child.stderr.tee();
  for await (const text of watched.pipeThrough(new TextDecoderStream())) {
    if (text.includes("todos")) break;
  }
  child.kill("SIGTERM");
  const [{ code }, stdout, stderr] = await Promise.all([
    child.status,
    new Response(child.stdout).text(),
    new Response(kept).text(),
  ]);
  expect({ code, stdout }).toEqual({ code: 143, stdout: "" });
  expect(stderr.match(/error: .*/g)).toEqual(["error: Stopped by SIGTERM: the turn was cancelled"]);
});

afterAll(() => console.log(`run: ${endings.length + 5} endings, each with a result line and its exit code`));
