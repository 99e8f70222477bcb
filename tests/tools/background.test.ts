import { afterEach, beforeEach, expect, test } from "vitest";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { endCharsMax, watchBackground } from "../../tools/background.ts";
import { backgroundIdOf } from "../../tools/bash_background.ts";
import { bashTool } from "../../tools/bash.ts";
import { bashOutputTool, windowBytesMax } from "../../tools/bash_output.ts";
import { killShellTool } from "../../tools/kill_shell.ts";
import { type BackgroundRoom, backgroundRoom, countMarked } from "./background_room.ts";
import { until } from "./bash_crash.ts";
import { findProcess } from "../../tools/process_table.ts";
import { makeWorkspace, prepareTool, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let room: BackgroundRoom;
beforeEach(async () => {
  space = await makeWorkspace();
  room = backgroundRoom(space);
});
afterEach(() => space.remove());

const output = async (id: string, offset?: number) =>
  textOf(
    await runTool(bashOutputTool, { bash_id: id, ...(offset !== undefined && { offset }) }, room.context),
  );
const kill = (id: string) => runTool(killShellTool, { bash_id: id }, room.context);

test("a command in the background ends its call at once, and its end is told with exit code and output", async () => {
  const outcome = await runTool(bashTool, {
    command: "echo early; until [ -e go ]; do sleep 0.02; done; echo late; exit 7",
    run_in_background: true,
    description: "waits",
  }, room.context);
  expect(textOf(outcome)).toContain('Started in the background as "b12-1"');
  expect(outcome).toMatchObject({
    facts: [{
      type: "background.started",
      data: { background_id: "b12-1", call_id: "c12-1", description: "waits" },
    }],
  });
  const id = room.adopt(outcome);
  await writeFile(join(space.dir, "go"), "");
  expect(await room.end(id)).toEqual({
    status: "exited",
    exit_code: 7,
    output: "early\nlate",
    output_file: join(space.effects, "c12-1", "output"),
  });
  expect(room.live.join("")).toBe("early\nlate\n");
  expect(await countMarked(room.evidence(id))).toBe(0);
});

test("ids of background tasks follow from the ids of their calls", () => {
  expect(["c12-1", "c7-30", "call_1", "by-hand-Xy", "c12-1x"].map(backgroundIdOf)).toEqual(
    ["b12-1", "b7-30", "b-call_1", "b-by-hand-Xy", "b-c12-1x"],
  );
});

test("nothing runs in the background before it is let through, and nothing when it is abandoned", async () => {
  const args = { command: "touch ran", run_in_background: true };
  const prepared = await prepareTool(bashTool, args, room.context);
  expect(prepared.evidence).toMatchObject({ deadline: expect.any(Number), marker: expect.any(String) });
  await prepared.abandon();
  await expect(stat(join(space.dir, "ran"))).rejects.toThrow();
  const cancelled = { ...room.context, signal: AbortSignal.abort() };
  const other = await prepareTool(bashTool, args, cancelled);
  expect(await other.run()).toMatchObject({ status: "interrupted" });
  await expect(stat(join(space.dir, "ran"))).rejects.toThrow();
  expect(await countMarked(prepared.evidence) + await countMarked(other.evidence)).toBe(0);
});

test("a time limit of more than ten minutes is for the background, and of more than two hours for nothing", () => {
  const parse = (timeout_ms: number, run_in_background: boolean) =>
    bashTool.parse({ command: "ls", timeout_ms, run_in_background });
  expect(parse(600_000, false).ok).toBe(true);
  expect(parse(600_001, false)).toMatchObject({ error: expect.stringContaining("at most 600000") });
  expect(parse(7_200_000, true).ok).toBe(true);
  expect(parse(7_200_001, true).ok).toBe(false);
});

test("a background command past its time limit is ended with all its children", async () => {
  const id = await room.start("echo begun; sleep 100 & setsid sleep 100 & wait", { timeout_ms: 1_000 });
  expect(await room.end(id)).toMatchObject({ status: "timed_out", output: expect.stringMatching(/^begun/) });
  expect(await countMarked(room.evidence(id))).toBe(0);
});

test("stopping the runtime and ending the task are told apart", async () => {
  const stopped = await room.start("echo a; sleep 100");
  await until(() => room.live.length > 0);
  room.stop(stopped, "shutdown");
  expect(await room.end(stopped)).toMatchObject({ status: "stopped", output: expect.stringMatching(/^a/) });
  const killed = await room.start("sleep 100");
  room.stop(killed);
  expect(await room.end(killed)).toMatchObject({ status: "killed" });
  expect(await countMarked(room.evidence(stopped)) + await countMarked(room.evidence(killed))).toBe(0);
});

test("a command that is gone without an exit code, or whose folder is gone, is lost and leaves nothing", async () => {
  const gone = await room.start("echo a; kill -KILL $PPID; sleep 100");
  expect(await room.end(gone)).toMatchObject({ status: "lost", output: "a" });
  const folder = await room.start("echo b; sleep 100");
  await until(() => room.live.includes("b\n"));
  await rm(join(space.effects, "c12-1"), { recursive: true });
  expect(await room.end(folder)).toEqual({ status: "lost", output: "" });
  expect(await countMarked(room.evidence(gone)) + await countMarked(room.evidence(folder))).toBe(0);
  for (const evidence of [null, "x", { dir: 1 }]) {
    expect(await watchBackground(evidence, { signal: AbortSignal.abort(), onOutput: () => {} })).toEqual({
      status: "lost",
      output: "",
    });
  }
});

test("processes of an earlier boot, or with a number given out again, are left alone", async () => {
  const bystander = new Deno.Command("sleep", { args: ["100"], detached: true }).spawn();
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const start = (await findProcess(bystander.pid))?.startTime ?? "";
  const identity = { pgid: bystander.pid, marker: "JAMEY_CALL=none" };
  await writeFile(join(space.effects, "output"), "");
  const options = { signal: new AbortController().signal, onOutput: () => {} };
  try {
    for (const [boot_id, start_time] of [[boot, "1"], ["another", start]] as const) {
      const evidence = { ...identity, boot_id, start_time, dir: space.effects, started_at: 0, deadline: 1 };
      expect(await watchBackground(evidence, options)).toMatchObject({ status: "lost" });
    }
    expect(await findProcess(bystander.pid)).toMatchObject({ isZombie: false });
  } finally {
    bystander.kill("SIGKILL");
    await bystander.status;
  }
});

test("the end of a long output goes with the end of the task, and says where all of it is", async () => {
  const id = await room.start("seq 1 100000");
  const end = await room.end(id);
  expect(end.output.length).toBeLessThan(endCharsMax + 300);
  expect(end.output).toMatch(
    /^\[\.\.\. the start is left out; all 588895 bytes are in ".*output" \.\.\.\]\n/,
  );
  expect(end.output.endsWith("99999\n100000")).toBe(true);
});

test("BashOutput shows what is new, and then its end", async () => {
  const id = await room.start(
    "echo one; until [ -e go ]; do sleep 0.02; done; printf 'two \\342\\202\\254\\n'",
  );
  await until(() => room.live.join("") === "one\n");
  expect(await output(id)).toBe('["b12-1" is running]\none\n[bytes 0 to 4 of 4; to go on: offset 4]');
  expect(await output(id, 4)).toBe(
    '["b12-1" is running]\n[nothing new]\n[bytes 4 to 4 of 4; to go on: offset 4]',
  );
  await writeFile(join(space.dir, "go"), "");
  await room.end(id);
  const end = '["b12-1" ended with exit code 0]\ntwo \u20ac\n[bytes 4 to 12 of 12; to go on: offset 12]';
  expect(await output(id, 4)).toBe(end);
  expect(await output(id, 99)).toContain("[bytes 12 to 12 of 12");
});

test("BashOutput goes through a long output without losing or doubling a byte, never in the middle of a character", async () => {
  const id = await room.start("seq 1 30000; printf x; printf '\\342\\202\\254%.0s' $(seq 1 30000)");
  await room.end(id);
  const whole = await readFile(join(space.effects, "c12-1", "output"), "utf8");
  const parts: string[] = [];
  let offset = 0;
  for (let call = 0; call < 50; call++) {
    const shown = await output(id, offset);
    const [, from, to, size] = /\[bytes (\d+) to (\d+) of (\d+); /.exec(shown) ?? [];
    expect(Number(from)).toBe(offset);
    expect(Number(to) - offset).toBeLessThanOrEqual(windowBytesMax);
    const text = shown.split("\n").slice(1, -1).join("\n");
    parts.push(text);
    offset = Number(to);
    if (offset === Number(size)) break;
  }
  expect(parts.length).toBeGreaterThan(5);
  expect(parts.join("").replaceAll("\n", "")).toBe(whole.replaceAll("\n", ""));
  expect((await output(id)).length).toBeLessThan(windowBytesMax + 200);
  expect(await output(id)).not.toContain("\ufffd");
});

test("BashOutput of a task whose file is gone shows what the log keeps", async () => {
  const id = await room.start("echo kept");
  await room.end(id);
  await rm(join(space.effects, "c12-1"), { recursive: true });
  expect(await output(id)).toContain("its file is gone, this was the end of it]\nkept");
});

test("KillShell ends a task and all its processes; a second time it says so", async () => {
  const id = await room.start("sleep 100 & setsid sleep 100 & sleep 100");
  await until(async () => await countMarked(room.evidence(id)) >= 4);
  expect(textOf(await kill(id))).toBe('"b12-1" and all its processes were ended');
  expect(await countMarked(room.evidence(id))).toBe(0);
  expect(textOf(await kill(id))).toBe('"b12-1" had ended before: it was ended on request');
  expect(await output(id)).toContain('["b12-1" was ended on request]');
});

test("an unknown id is answered with the ids that run", async () => {
  expect(textOf(await kill("b9"))).toBe(
    'Cannot end "b9": no background task has this id, this session has had none',
  );
  const id = await room.start("sleep 100  # a server");
  expect(await output("b9")).toBe(
    'Cannot read the output of "b9": no background task has this id, running: "b12-1" (sleep 100 # a server)',
  );
  await kill(id);
  expect(await output("b9")).toContain('none runs, ended: "b12-1"');
});

test("a task that writes faster than anybody looks leaves no more than the limit on disk", async () => {
  const id = await room.start("yes");
  const end = await room.end(id);
  expect(end.status).toBe("too_much_output");
  const { size } = await stat(end.output_file ?? "");
  console.log(`yes in the background: ended, ${size} bytes left on disk`);
  expect(size).toBe(67_108_864);

  expect(await countMarked(room.evidence(id))).toBe(0);
});

test("thirty short commands in the background all end with their exit code, and no guard stays behind", async () => {
  const left: number[] = [];
  for (let round = 0; round < 30; round++) {
    const id = await room.start(`exit ${round}`);
    expect(await room.end(id)).toMatchObject({ status: "exited", exit_code: round });
    left.push(await countMarked(room.evidence(id)));
  }
  console.log(
    `short commands in the background: ${left.length} ended, ${
      left.filter((n) => n > 0).length
    } left processes`,
  );
  expect(left.every((count) => count === 0)).toBe(true);
});
