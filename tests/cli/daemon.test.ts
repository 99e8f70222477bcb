// The command line with the real daemon: started, found, stopped, lost and found again.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { daemonFile } from "../../src/protocol/http.ts";
import { jamey, jsonLines, type RunOptions, startJamey } from "./program.ts";
import { removeFolder } from "../support/daemon.ts";

let dataDir = "";
const env = { JAMEY_PROVIDER: "scripted", OPENAI_API_KEY: "", LLM_BASE_URL: "" };
const run = (args: string[], options: RunOptions = {}) => jamey(dataDir, args, { env, ...options });

beforeEach(async () => void (dataDir = await Deno.makeTempDir({ prefix: "jamey-daemon-" })));
afterEach(async () => {
  await run(["stop"]);
  await removeFolder(dataDir);
});

const script = (steps: unknown[]) => `script:${JSON.stringify(steps)}`;
const bash = (command: string) => ({ calls: [{ name: "Bash", args: { command } }] });

async function status(): Promise<Record<string, unknown>> {
  return jsonLines((await run(["status", "--json"])).stdout)[0] ?? {};
}

describe("the daemon's life", () => {
  test("start, status, stop: each says what is so, and doing it twice does no harm", async () => {
    expect(await run(["status"])).toMatchObject({ code: 3 });
    const started = await run(["start", "--port", "0", "--json"]);
    expect(started.code, started.stderr).toBe(0);
    expect(await status()).toMatchObject({
      running: true,
      pid: jsonLines(started.stdout)[0]?.pid,
      sessions: 0,
    });
    const again = await run(["runtime", "start", "--json"]);
    expect(jsonLines(again.stdout)[0]?.pid).toBe(jsonLines(started.stdout)[0]?.pid);
    expect((await run(["stop"])).code).toBe(0);
    expect(await status()).toMatchObject({ running: false });
    expect((await run(["stop"])).code).toBe(0);
  });

  test("the discovery file and the token are for this user only", async () => {
    await run(["start", "--port", "0"]);
    const found = daemonFile.parse(JSON.parse(await Deno.readTextFile(join(dataDir, "daemon.json"))));
    for (const path of [join(dataDir, "daemon.json"), found.token_file, join(dataDir, "daemon.log")]) {
      expect(((await Deno.stat(path)).mode ?? 0) & 0o077, path).toBe(0);
    }
  });

  test("run starts a daemon when none runs, and two at the same moment share one", async () => {
    const [one, other] = await Promise.all([run(["run", "hello"]), run(["run", "hello"])]);
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
    expect(await status()).toMatchObject({ running: true, sessions: 2 });
  });

  test("a daemon that was killed is seen as gone, and the next one has all sessions", async () => {
    await run(["start", "--port", "0"]);
    const id = (await run(["new", "--name", "kept"])).stdout.trim();
    const { pid } = await status();
    Deno.kill(Number(pid), "SIGKILL");
    expect((await run(["sessions"])).code).toBe(3);
    await run(["start", "--port", "0"]);
    expect(JSON.parse((await run(["sessions", "--json"])).stdout)).toMatchObject({
      sessions: [{ session_id: id, name: "kept" }],
    });
  });

  test("a daemon that cannot start says why and ends with exit code 3", async () => {
    const blocker = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { code, stderr } = await run(["start", "--port", String(blocker.addr.port)]);
    blocker.close();
    expect(code).toBe(3);
    expect(stderr).toContain("Cannot start the daemon");
    expect(stderr).toContain(String(blocker.addr.port));
  });

  test("a folder that cannot hold data is said to be so, and is no bug", async () => {
    const file = join(dataDir, "a-file");
    await Deno.writeTextFile(file, "");
    for (const folder of [file, join(file, "below")]) {
      const { code, stderr } = await run(["start", "--data-dir", folder]);
      expect(code).toBe(1);
      expect(stderr).toContain(`error: Cannot use data folder "${folder}"`);
      expect(stderr).toContain("--data-dir");
      expect((await run(["status", "--data-dir", folder])).stderr).toContain(
        "Choose a data folder of your own",
      );
    }
  });

  test("a daemon that cannot say where it is ends with an error that names the file, and leaves no part of it", async () => {
    const file = join(dataDir, "daemon.json");
    await Deno.mkdir(file);
    const { code, stdout, stderr } = await run(["serve", "--port", "0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`error: Cannot write "${file}"`);
    expect([...Deno.readDirSync(dataDir)].filter(({ name }) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a daemon with wrong settings ends start with the exit code for settings", async () => {
    const { code, stderr } = await run(["start"], { env: { ...env, JAMEY_PROVIDER: "nobody" } });
    expect(code).toBe(52);
    expect(stderr).toContain('JAMEY_PROVIDER is "nobody"');
    expect((await run(["start", "--port", "many"])).code).toBe(2);
  });

  test("serve in the foreground says where it listens, ends by SIGTERM with 143, and a second one is told who is there", async () => {
    const served = startJamey(dataDir, ["serve", "--port", "0"], { env });
    const [watched, rest] = served.stdout.tee();
    for await (const text of watched.pipeThrough(new TextDecoderStream())) {
      expect(text).toContain("http://127.0.0.1:");
      break;
    }
    const second = await run(["serve", "--port", "0"]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(String(served.pid));
    served.kill("SIGTERM");
    expect((await served.status).code).toBe(143);
    expect((await run(["status"])).code).toBe(3);
    await Promise.all([rest.cancel(), served.stderr.cancel(), served.stdin.close()]);
  });

  test("a wrong token is said to be the token of JAMEY_TOKEN", async () => {
    await run(["start", "--port", "0"]);
    const { code, stderr } = await run(["sessions"], { env: { ...env, JAMEY_TOKEN: "wrong" } });
    expect(code).toBe(41);
    expect(stderr).toContain("hint:  Set JAMEY_TOKEN");
  });

  test("a name still means the session that was given it, also when a fork shows the same", async () => {
    await run(["start", "--port", "0"]);
    const id = (await run(["new", "--name", "first"])).stdout.trim();
    await run(["fork", "first"]);
    expect(JSON.parse((await run(["replay", "first", "--verify", "--json"])).stdout).session_id).toBe(id);
    const again = (await run(["fork", "first", "--name", "second"])).stdout.trim();
    expect(JSON.parse((await run(["replay", "second", "--verify", "--json"])).stdout).session_id).toBe(again);
  });

  test("an archived session comes back by the id that archive told; its name is told to be no use", async () => {
    await run(["start", "--port", "0"]);
    await run(["new", "--name", "away"]);
    const { session_id } = JSON.parse((await run(["archive", "away", "--json"])).stdout);
    const { code, stderr } = await run(["restore", "away"]);
    expect(code).toBe(1);
    expect(stderr).toContain("its full id");
    expect(JSON.parse((await run(["restore", session_id, "--json"])).stdout)).toEqual({
      session_id,
      restored: true,
    });
    expect(JSON.parse((await run(["sessions", "--json"])).stdout).sessions).toMatchObject([{ name: "away" }]);
  });

  test("logs shows what the background daemon said", async () => {
    await run(["start", "--port", "0"]);
    expect((await run(["logs", "-n", "5"])).stdout).toContain("http://127.0.0.1:");
  });
});

describe("work", () => {
  test("a turn that uses tools freely leaves its file, its story and its proof", async () => {
    const workspace = await Deno.makeTempDir({ dir: dataDir });
    const prompt = script([bash("echo made > made.txt"), { text: "Made it." }]);
    const { code, stdout, stderr } = await run(["run", prompt, "--permission-mode", "bypassPermissions"], {
      cwd: workspace,
    });
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: "Made it.\n" });
    expect(await Deno.readTextFile(join(workspace, "made.txt"))).toBe("made\n");
    expect((await run(["replay", "last"])).stdout).toContain("Bash finished");
    expect((await run(["replay", "last", "--verify"])).code).toBe(0);
    expect((await run(["replay", "last", "--request", "last"])).code).toBe(0);
  });

  test("a command that needs approval does not run when nobody is there", async () => {
    const workspace = await Deno.makeTempDir({ dir: dataDir });
    const prompt = script([bash("echo made > made.txt"), { text: "Tried." }]);
    const { code } = await run(["run", prompt], { cwd: workspace });
    expect(code).toBe(1);
    await expect(Deno.stat(join(workspace, "made.txt"))).rejects.toThrow(Deno.errors.NotFound);
  });

  test("a limit of model calls ends with exit code 53", async () => {
    const prompt = script([bash("true"), bash("true"), { text: "Never said." }]);
    const args = [
      "run",
      prompt,
      "--max-turns",
      "2",
      "--permission-mode",
      "bypassPermissions",
      "--output-format",
      "json",
    ];
    const { code, stdout } = await run(args, { cwd: dataDir });
    expect(code).toBe(53);
    expect(jsonLines(stdout)[0]).toMatchObject({ subtype: "error_max_turns", num_turns: 2 });
  });

  test("an interrupt of run stops the command on the daemon", async () => {
    const workspace = await Deno.makeTempDir({ dir: dataDir });
    await run(["start", "--port", "0"]);
    const prompt = script([bash("echo $$ > pid; exec sleep 60"), { text: "Never said." }]);
    const args = ["run", prompt, "--permission-mode", "bypassPermissions", "--output-format", "stream-json"];
    const child = startJamey(dataDir, args, { env, cwd: workspace });
    await child.stdin.close();
    const [watched, kept] = child.stdout.tee();
    for await (const text of watched.pipeThrough(new TextDecoderStream())) {
      if (text.includes("call.started")) break;
    }
    child.kill("SIGINT");
    const lines = jsonLines(await new Response(kept).text());
    expect((await child.status).code).toBe(130);
    expect(lines.at(-1)).toMatchObject({ type: "result", subtype: "error_cancelled" });
    expect(lines.at(-2)).toMatchObject({ event: { type: "turn.ended", data: { outcome: "cancelled" } } });
    await child.stderr.cancel();
  });

  test("restart with settings that cannot be right leaves the daemon up", async () => {
    await run(["start", "--port", "0"]);
    const { pid } = await status();
    const file = join(dataDir, "wrong.toml");
    await Deno.writeTextFile(file, "[limits]\nstpes = 1\n");
    const wrong = await run(["restart", "--config", file]);
    expect(wrong.code).toBe(52);
    expect(wrong.stderr).toContain('line 2: "limits.stpes"');
    expect((await run(["restart"], { env: { ...env, JAMEY_PROVIDER: "nobody" } })).code).toBe(52);
    expect((await run(["restart", "--port", "many"])).code).toBe(2);
    expect((await run(["restart", "--url", String((await status()).url)])).code).toBe(2);
    expect(await status()).toMatchObject({ running: true, pid });
  });

  test("attach survives a restart of the daemon, with every event once", async () => {
    await run(["start", "--port", "0"]);
    await run(["run", "hello", "--quiet"]);
    const attached = startJamey(dataDir, ["attach", "last", "--json"], { env });
    const text = attached.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let output = "";
    const until = async (wanted: string) => {
      while (!output.includes(wanted)) {
        const { done, value } = await text.read();
        if (done) throw new Error(`attach ended before "${wanted}" came: ${output}`);
        output += value;
      }
    };
    await until("turn.ended");
    expect((await run(["restart", "--port", "0"])).code).toBe(0);
    await run(["run", "-r", "last", "hello after the restart"]);
    await until("hello after the restart");
    attached.kill("SIGINT");
    await Promise.all([attached.status, text.cancel(), attached.stderr.cancel(), attached.stdin.close()]);
    const seqs = jsonLines(output.slice(0, output.lastIndexOf("\n"))).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });
});
