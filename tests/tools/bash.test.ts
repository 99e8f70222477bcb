// Bash: running, ending, output, environment. What happens after a crash is in bash_recovery.test.ts.
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { bashTool } from "../../tools/bash.ts";
import {
  makeWorkspace,
  prepareTool,
  processesWith,
  runTool,
  type TestWorkspace,
  textOf,
} from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const bash = (command: string, more: { timeout_ms?: number } = {}, context = space.context()) =>
  runTool(bashTool, { command, ...more }, context);

test("a command runs in the workspace and returns its output", async () => {
  expect(await bash("pwd; echo error >&2")).toEqual({
    status: "finished",
    output: `${space.dir}\nerror`,
    truncated: false,
  });
});

test("output and exit code are the user's alone to read, and the command keeps the user's umask", async () => {
  const umask = Deno.umask(0o022);
  try {
    await bash("touch made", {}, space.context({ callId: "c1-1" }));
  } finally {
    Deno.umask(umask);
  }
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  expect(await modeOf(join(space.effects, "c1-1", "status"))).toBe(0o600);
  expect(await modeOf(join(space.effects, "c1-1", "output"))).toBe(0o600);
  expect(await modeOf(join(space.dir, "made"))).toBe(0o644);
});

test("a command that fails reports its exit code and its output", async () => {
  expect(await bash("echo partial; exit 3")).toEqual({
    status: "failed",
    error: "exit code 3",
    output: "partial",
  });
});

test("a command with no output says so", async () => {
  expect(textOf(await bash("true"))).toBe("[no output]");
});

test("nothing runs between being logged and being let through", async () => {
  const prepared = await prepareTool(bashTool, { command: "touch ran" }, space.context());
  await new Promise((resolve) => setTimeout(resolve, 150));
  await expect(stat(join(space.dir, "ran"))).rejects.toThrow();
  await prepared.abandon();
  await expect(stat(join(space.dir, "ran"))).rejects.toThrow();
  expect(await processesWith(space.effects)).toEqual([]);
});

test("a command past its time limit is ended with all its children", async () => {
  const outcome = await bash(`echo begun; sleep 99.47111${Deno.pid} & sleep 99.47111${Deno.pid} & wait`, {
    timeout_ms: 1_000,
  });
  expect(outcome).toMatchObject({
    status: "failed",
    error: "timed out after 1000 ms and was ended, raise timeout_ms or set run_in_background",
  });
  expect(textOf(outcome)).toContain("begun");
  expect(await processesWith(`99.47111${Deno.pid}`)).toEqual([]);
});

test("a command that ignores the polite signal is ended all the same", async () => {
  const outcome = await bash(`trap '' TERM; while :; do sleep 99.47112${Deno.pid}; done`, {
    timeout_ms: 300,
  });
  expect(textOf(outcome)).toContain("timed out");
  expect(await processesWith(`99.47112${Deno.pid}`)).toEqual([]);
});

test("a cancelled command is ended and keeps what it had written", async () => {
  const cancel = new AbortController();
  const context = space.context({ signal: cancel.signal, onOutput: () => cancel.abort() });
  const outcome = await bash(`echo so far; sleep 99.47113${Deno.pid}`, {}, context);
  expect(outcome).toMatchObject({ status: "interrupted", reason: "cancelled" });
  expect(outcome.output).toMatch(/^so far/);
  expect(await processesWith(`99.47113${Deno.pid}`)).toEqual([]);
});

test("background processes end with their command, and the output says so", async () => {
  const outcome = await bash(`sleep 99.47114${Deno.pid} & echo done`);
  expect(outcome).toMatchObject({ status: "finished" });
  expect(textOf(outcome)).toBe("done\n[1 background processes still ran and were ended]");
  expect(await processesWith(`99.47114${Deno.pid}`)).toEqual([]);
});

test("a background process cannot escape by a session of its own", async () => {
  await bash(`setsid sleep 99.47115${Deno.pid} & set -m; sleep 99.47115${Deno.pid} & sleep 0.1`);
  expect(await processesWith(`99.47115${Deno.pid}`)).toEqual([]);
});

test("a command cannot read the input of the runtime", async () => {
  expect(textOf(await bash('cat; echo "got:$(head -n 1)"'))).toBe("got:");
});

test("a command inherits no open files but its own three", async () => {
  const mine = (await Array.fromAsync(Deno.readDir("/proc/self/fd"))).map((entry) => entry.name);
  const inherited = textOf(await bash("ls /proc/self/fd")).split("\n").filter((fd) => Number(fd) > 3);
  // What this process was itself given without close-on-exec is not the tool's doing; a pipe of the tool would be new.
  expect(inherited.filter((fd) => !mine.includes(fd))).toEqual([]);
  expect(textOf(await bash("readlink /proc/self/fd/0"))).toBe("/dev/null");
});

test("keys of the runtime do not reach commands", async () => {
  Deno.env.set("OPENAI_API_KEY", "sk-secret");
  Deno.env.set("SOME_TOKEN", "also-secret");
  try {
    const shown = textOf(await bash("env"));
    expect(shown).not.toContain("secret");
    expect(shown).toContain("PATH=");
  } finally {
    Deno.env.delete("OPENAI_API_KEY");
    Deno.env.delete("SOME_TOKEN");
  }
});

test("long output is shown by its head and tail and says where the rest is", async () => {
  const outcome = await bash("seq 1 100000");
  if (outcome.status !== "finished") throw new Error(textOf(outcome));
  expect(outcome.truncated).toBe(true);
  expect(outcome.output.length).toBeLessThan(31_000);
  expect(outcome.output.startsWith("1\n2\n")).toBe(true);
  expect(outcome.output.endsWith("99999\n100000")).toBe(true);
  const whole = outcome.output.match(/are in "(.*?)"/)?.[1] ?? "";
  expect((await readFile(whole, "utf8")).split("\n").length).toBe(100_001);
});

test("colours and broken bytes are cleaned for the model", async () => {
  expect(textOf(await bash("printf '\\033[31mred\\033[0m \\377 \\033]0;title\\007ok\\r\\n'"))).toBe(
    "red \ufffd ok",
  );
});

test("output can be watched while the command runs", async () => {
  let gate = () => {};
  const seen = new Promise<void>((resolve) => gate = resolve);
  const context = space.context({ onOutput: (text) => text.includes("first") && gate() });
  const running = bash("echo first; while [ ! -e go ]; do sleep 0.02; done; echo second", {}, context);
  await seen;
  await Deno.writeTextFile(join(space.dir, "go"), "");
  expect(textOf(await running)).toBe("first\nsecond");
});

test("a command that writes without end is ended", async () => {
  const outcome = await bash(`yes 99.47116${Deno.pid}`);
  expect(textOf(outcome)).toContain("wrote more than 67108864 bytes and was ended");
  expect(await processesWith(`99.47116${Deno.pid}`)).toEqual([]);
});

test("a shell killed from outside is reported, not waited for", async () => {
  expect(await bash(`echo before; kill -KILL $PPID; sleep 99.47117${Deno.pid}`)).toMatchObject({
    status: "interrupted",
    output: "before",
  });
  expect(await processesWith(`99.47117${Deno.pid}`)).toEqual([]);
});

test("the approval shows the whole command with hidden characters written out", () => {
  const parsed = bashTool.parse({ command: `echo hi${" ".repeat(500)}\u202e; rm -rf x\u001b[2K\r\u200b` });
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.call.prompt).toBe("echo hi[500 spaces]\\u{202e}; rm -rf x\\u{1b}[2K\\u{0d}\\u{200b}");
});

test("allowing always covers exactly the same command", () => {
  const grants = ["ls", "ls -l"].map((command) => {
    const parsed = bashTool.parse({ command });
    return parsed.ok ? parsed.call.grant : "";
  });
  expect(grants).toEqual(["Bash(ls)", "Bash(ls -l)"]);
});
