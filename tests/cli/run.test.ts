// `jamey run`: one turn without a person, in three output formats.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Desk, jsonLines, openDesk, startJamey } from "./program.ts";
import { runResult } from "./run_result.ts";

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

/** What scripts rely on, besides the result. */
const init = z.object({
  type: z.literal("system"),
  subtype: z.literal("init"),
  session_id: z.string(),
  permission_mode: z.string(),
});

describe("text", () => {
  test("the answer and nothing else goes to stdout", async () => {
    const { code, stdout } = await desk.jamey(["run", "hello", "there"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "You said: hello there\n" });
  });

  test("the prompt can come through a pipe, or partly", async () => {
    const piped = await desk.jamey(["run"], { stdin: "from a pipe\n" });
    expect(piped.stdout).toBe("You said: from a pipe\n");
    const both = await desk.jamey(["-p", "explain"], { stdin: "the log\n" });
    expect(both.stdout).toBe("You said: explain\n\nthe log\n");
  });

  test("a pipe that is never written to does not keep a given prompt waiting for ever", async () => {
    const child = startJamey(desk.dataDir, ["run", "hello"]);
    const { code, stdout } = await child.output();
    expect({ code, stdout: new TextDecoder().decode(stdout) }).toEqual({
      code: 0,
      stdout: "You said: hello\n",
    });
    await child.stdin.close().catch(() => {});
  });

  test("what is piped in must be text", async () => {
    const child = startJamey(desk.dataDir, ["run"]);
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array([0xff, 0xfe, 0x00]));
    await writer.close();
    expect((await child.output()).code).toBe(42);
  });
});

describe("json", () => {
  test("one result object says what was answered, by which session, at what cost", async () => {
    const { code, stdout } = await desk.jamey(["run", "hi", "--output-format", "json"]);
    const [only, ...more] = jsonLines(stdout);
    expect(more).toEqual([]);
    expect(runResult.parse(only)).toMatchObject({
      subtype: "success",
      is_error: false,
      result: "You said: hi",
      num_turns: 1,
    });
    expect(code).toBe(0);
  });

  test("a result is printed even when there is no daemon and none is wanted", async () => {
    const { code, stdout } = await desk.jamey([
      "run",
      "hi",
      "--url",
      "http://127.0.0.1:1",
      "--output-format",
      "json",
    ]);
    expect(runResult.parse(jsonLines(stdout)[0])).toMatchObject({
      subtype: "error_daemon_lost",
      is_error: true,
      session_id: null,
    });
    expect(code).toBe(3);
  });
});

describe("stream-json", () => {
  test("first who works, then every event in order, last the result", async () => {
    const { code, stdout } = await desk.jamey(["run", "call Echo hi", "--output-format", "stream-json"]);
    const lines = jsonLines(stdout);
    const first = init.parse(lines[0]);
    expect(runResult.parse(lines.at(-1))).toMatchObject({ subtype: "success", session_id: first.session_id });
    const seqs = lines.slice(1, -1).map((line) =>
      z.object({ type: z.literal("event"), event: z.object({ seq: z.number() }) }).parse(line).event.seq
    );
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(code).toBe(0);
  });

  test("an interrupt stops the turn on the daemon, and the result is still the last line", async () => {
    const child = startJamey(desk.dataDir, ["run", "hang", "--output-format", "stream-json"]);
    await child.stdin.close();
    const [watched, kept] = child.stdout.tee();
    for await (const text of watched.pipeThrough(new TextDecoderStream())) {
      if (text.includes("model.called")) break;
    }
    child.kill("SIGINT");
    const lines = jsonLines(await new Response(kept).text());
    expect((await child.status).code).toBe(130);
    expect(runResult.parse(lines.at(-1))).toMatchObject({ subtype: "error_cancelled", is_error: true });
    expect(lines.at(-1)).toMatchObject({ error: { message: "Stopped by SIGINT: the turn was cancelled" } });
    expect(JSON.stringify(lines)).toContain('"outcome":"cancelled"');
    await child.stderr.cancel();
  });

  test("an interrupt while the prompt is still being waited for ends at once, with a result", async () => {
    const child = startJamey(desk.dataDir, ["run", "--output-format", "stream-json"]);
    const writer = child.stdin.getWriter();
    // More than a pipe holds: when it is written, the program is reading.
    await writer.write(new TextEncoder().encode("half ".repeat(60_000)));
    child.kill("SIGINT");
    const { code, stdout } = await child.output();
    expect(code).toBe(130);
    expect(runResult.parse(jsonLines(new TextDecoder().decode(stdout)).at(-1))).toMatchObject({
      subtype: "error_cancelled",
      result: "Stopped by SIGINT before the message was sent",
    });
    await writer.close().catch(() => {});
  });
});

describe("nobody is there to be asked", () => {
  test("a call that needs approval is denied with the reason, the turn goes on, and the exit code says so", async () => {
    const { code, stdout } = await desk.jamey(["run", "call Guarded rm", "--output-format", "stream-json"]);
    const lines = jsonLines(stdout);
    expect(JSON.stringify(lines)).toContain(
      "nobody to ask (jamey run): allow it with --allowed-tools, or use jamey chat",
    );
    expect(runResult.parse(lines.at(-1))).toMatchObject({
      subtype: "error_permission_denied",
      result: "You said: done",
    });
    expect(code).toBe(1);
  });
});

describe("going on with a session", () => {
  test("--continue takes the last session of this folder, --resume the named one, --fork-session leaves it alone", async () => {
    const here = await Deno.makeTempDir({ dir: desk.dataDir });
    const there = await Deno.makeTempDir({ dir: desk.dataDir });
    const run = async (cwd: string, ...args: string[]) => {
      const { stdout } = await desk.jamey(["run", "--output-format", "json", ...args], { cwd });
      return runResult.parse(jsonLines(stdout)[0]);
    };
    const first = await run(here, "one");
    const other = await run(there, "two");
    expect(other.session_id).not.toBe(first.session_id);
    expect((await run(here, "-c", "three")).session_id).toBe(first.session_id);
    expect((await run(here, "-r", other.session_id ?? "", "four")).session_id).toBe(other.session_id);
    const forked = await run(here, "-r", first.session_id ?? "", "--fork-session", "five");
    expect(forked).toMatchObject({ subtype: "success", result: "You said: five", num_turns: 1 });
    expect([first.session_id, other.session_id]).not.toContain(forked.session_id);
  });

  test("nothing to continue is said with the way on", async () => {
    const { code, stderr } = await desk.jamey(["run", "-c", "hi"], { cwd: desk.dataDir });
    expect(code).toBe(1);
    expect(stderr).toContain("--resume SESSION");
  });

  test("instructions that only a new session can have are refused for an old one", async () => {
    const { code, stderr } = await desk.jamey([
      "run",
      "-r",
      "last",
      "--append-system-prompt",
      "Be brief",
      "hi",
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("--append-system-prompt");
  });
});
