import { mkdtempSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, expect, it } from "vitest";
import { createBreaker, failuresMax, failureWindowMs, offMs } from "../../tools/external/breaker.ts";
import { keepHead, keepTail } from "../../tools/external/byte_tail.ts";
import { type RunOptions, runProgram } from "../../tools/external/run_program.ts";
import { processesWith } from "./workspace.ts";

/** How long the programs sleep: no other run of these tests on this machine has the same. */
const nap = `9${Deno.pid}.98760`;

const cwd = realpathSync(mkdtempSync(`${tmpdir()}/jamey-program-`));
afterAll(() => rm(cwd, { recursive: true, force: true }));

function run(script: string, options: Partial<RunOptions> = {}) {
  return runProgram({
    command: ["sh", "-c", script],
    cwd,
    environment: { PATH: Deno.env.get("PATH") ?? "" },
    input: "",
    timeoutMs: 20_000,
    stdoutBytesMax: 1000,
    stderrBytesMax: 1000,
    signal: new AbortController().signal,
    ...options,
  });
}

it("a program gets its input and gives its output and exit code", async () => {
  const end = await run("cat; echo oops >&2; exit 3", { input: "hello" });
  expect(end).toEqual({ how: "exited", code: 3, stdout: "hello", stdoutBytes: 5, stderr: "oops\n" });
});

it("a program that reads none of a long input is not waited for", async () => {
  const end = await run("echo done", { input: "x".repeat(5_000_000) });
  expect(end).toMatchObject({ how: "exited", code: 0, stdout: "done\n" });
});

it("a program sees no variable but its own", async () => {
  Deno.env.set("JAMEY_TEST_SECRET", "s3cret");
  const end = await run("env", { environment: { PATH: Deno.env.get("PATH") ?? "", MINE: "yes" } });
  expect(end.stdout).toContain("MINE=yes");
  expect(end.stdout).not.toContain("s3cret");
});

it("a program that is not there, or cannot start, is an answer in words", async () => {
  expect(await run("", { command: ["no-such-program-here"] })).toMatchObject({ how: "exited", code: 127 });
  const nowhere = await run("true", { cwd: `${cwd}/missing` });
  expect(nowhere.how).toBe("not started");
  expect(nowhere.stderr).toMatch(/^Cannot start "sh" in ".*missing": /);
});

const stubborn = [
  ["hangs", `sleep ${nap}1`],
  ["ignores SIGTERM", `trap '' TERM; sleep ${nap}2; sleep ${nap}2`],
  ["hangs with children of its own", `sleep ${nap}3 & sleep ${nap}3 & wait`],
  ["left its group", `setsid sleep ${nap}4 & wait`],
] as const;

it.each(stubborn)("of a program that %s nothing is left after its time limit", async (_, script) => {
  const end = await run(script, { timeoutMs: 300 });
  expect(end.how).toBe("timed out");
  expect(await processesWith(nap)).toEqual([]);
});

it("what a program leaves in the background is ended with it, and its open output is not waited for", async () => {
  for (let round = 0; round < 5; round++) {
    const end = await run(`sleep ${nap}5 & echo started; exit 0`);
    expect(end).toMatchObject({ how: "exited", code: 0, stdout: "started\n" });
    expect(await processesWith(`${nap}5`)).toEqual([]);
  }
});

it("a cancel ends a program at once", async () => {
  const cancel = new AbortController();
  const running = run(`echo up; sleep ${nap}6`, { signal: cancel.signal });
  setTimeout(() => cancel.abort(), 100);
  expect((await running).how).toBe("cancelled");
  expect(await processesWith(`${nap}6`)).toEqual([]);
});

it("100 MB of output are read and forgotten but for the part that is kept", async () => {
  const bytes = 100_000_000;
  const before = Deno.memoryUsage().rss;
  const end = await run(
    `head -c ${bytes} /dev/zero | tr '\\0' x; head -c ${bytes} /dev/zero >&2; echo end >&2`,
  );
  const grownMb = Math.round((Deno.memoryUsage().rss - before) / 1e6);
  console.log(
    `R7 200 MB of output: ${end.stdout.length} + ${end.stderr.length} kept, ${grownMb} MB more memory`,
  );
  expect(end).toMatchObject({ how: "exited", code: 0, stdout: "x".repeat(1000), stdoutBytes: bytes });
  expect(end.stderr).toHaveLength(1000);
  expect(end.stderr).toMatch(/end\n$/);
  expect(grownMb).toBeLessThan(100);
});

it("head and tail keep exactly what they promise, however the pieces fall", () => {
  const all = Array.from({ length: 50 }, (_, index) => String.fromCharCode(65 + index % 26)).join("");
  for (const size of [1, 3, 7, 10, 49, 50, 60]) {
    const [head, tail] = [keepHead(10), keepTail(10)];
    for (let at = 0; at < all.length; at += size) {
      const piece = new TextEncoder().encode(all.slice(at, at + size));
      head.push(piece);
      tail.push(piece);
    }
    expect([head.text(), tail.text()]).toEqual([all.slice(0, 10), all.slice(-10)]);
    expect([head.total(), tail.total()]).toEqual([50, 50]);
  }
});

it("the breaker opens at the third failure within five minutes and closes five minutes later", () => {
  let now = 1_000_000;
  const breaker = createBreaker(() => now);
  for (let count = 1; count < failuresMax; count++) breaker.failed("first");
  expect(breaker.refusal()).toBeNull();
  now += failureWindowMs;
  breaker.failed("long after");
  expect(breaker.refusal()).toBeNull();
  breaker.failed("again");
  breaker.failed("crashed");
  expect(breaker.refusal()).toBe(
    "it failed 3 times within 5 minutes and is off for another 300 s (last: crashed)",
  );
  now += offMs - 1;
  expect(breaker.refusal()).not.toBeNull();
  now += 1;
  expect(breaker.refusal()).toBeNull();
});
