// Bash across a crash: the program that started the command is really killed, and another picks the command up.
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { bashTool } from "../../tools/bash.ts";
import { jsonObject, type JsonValue } from "../../src/protocol/json.ts";
import { crashInCall, until } from "./bash_crash.ts";
import { makeWorkspace, processesWith, recoverTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const ledger = () => readFile(join(space.dir, "ledger"), "utf8").catch(() => "");
const recover = (
  command: string,
  evidence: JsonValue,
  more: { timeout_ms?: number } = {},
  context = space.context(),
) => recoverTool(bashTool, { command, ...more }, evidence, context);

const crash = (command: string, killAt: "prepared" | "running") => crashInCall({ command, space, killAt });

test("a crash after the call was logged but before it was let through runs nothing", async () => {
  const command = "echo ran >>ledger";
  const evidence = await crash(command, "prepared");
  await until(async () => (await processesWith(space.effects)).length === 0);
  expect(await recover(command, evidence)).toMatchObject({ status: "interrupted" });
  expect(await ledger()).toBe("");
});

test("a command that outlived the runtime is adopted: its output, its exit code, and it ran once", async () => {
  const command = "echo ran >>ledger; echo early; while [ ! -e go ]; do sleep 0.02; done; echo late; exit 7";
  const evidence = await crash(command, "running");
  await until(async () => (await ledger()) !== "");
  const recovering = recover(command, evidence);
  await writeFile(join(space.dir, "go"), "");
  expect(await recovering).toEqual({ status: "failed", error: "exit code 7", output: "early\nlate" });
  expect(space.live.join("")).toBe("early\nlate\n");
  expect(await ledger()).toBe("ran\n");
  expect(await processesWith(space.effects)).toEqual([]);
});

test("a command that ended while no runtime was there gives its real result", async () => {
  const command = "echo ran >>ledger; echo output";
  const evidence = await crash(command, "running");
  await until(async () => (await processesWith(space.effects)).length === 0);
  expect(await recover(command, evidence)).toEqual({
    status: "finished",
    output: "output",
    truncated: false,
  });
  expect(await ledger()).toBe("ran\n");
});

test("a command that died with the runtime is interrupted, keeps its output, and is not run again", async () => {
  const command = `echo ran >>ledger; echo partial; sleep 99.47121${Deno.pid}`;
  const evidence = await crash(command, "running");
  await until(async () => (await ledger()) !== "");
  const { pgid } = z.object({ pgid: z.number() }).parse(evidence);
  Deno.kill(pgid, "SIGKILL");
  await until(async () => (await processesWith(space.effects)).length === 0);
  const outcome = await recover(command, evidence);
  expect(outcome).toMatchObject({ status: "interrupted", output: "partial" });
  if (outcome !== "again") expect(textOf(outcome)).toContain("may or may not have completed");
  expect(await ledger()).toBe("ran\n");
  // Its child had lost its leader, and is found by its marker.
  expect(await processesWith(`99.47121${Deno.pid}`)).toEqual([]);
});

test("an adopted command keeps its time limit and can be cancelled", async () => {
  const slow = `echo ran >>ledger; sleep 99.47122${Deno.pid}`;
  const evidence = jsonObject.parse(await crash(slow, "running"));
  await until(async () => (await processesWith(`99.47122${Deno.pid}`)).length > 0);
  const timedOut = await recover(slow, { ...evidence, started_at: Date.now() - 60_000 }, {
    timeout_ms: 60_000,
  });
  expect(timedOut).toMatchObject({
    status: "failed",
    error: "timed out after 60000 ms and was ended, raise timeout_ms or set run_in_background",
  });
  expect(await processesWith(`99.47122${Deno.pid}`)).toEqual([]);
  const again = `sleep 99.47123${Deno.pid}`;
  const other = await crash(again, "running");
  const cancelled = await recover(again, other, {}, space.context({ signal: AbortSignal.abort() }));
  expect(cancelled).toMatchObject({ status: "interrupted", reason: "cancelled" });
  expect(await processesWith(`99.47123${Deno.pid}`)).toEqual([]);
});

test("numbers of an earlier boot or of another process are never waited for nor ended", async () => {
  const bystander = new Deno.Command("sleep", { args: [`99.47124${Deno.pid}`], detached: true }).spawn();
  const evidence = {
    pgid: bystander.pid,
    start_time: "1",
    marker: "JAMEY_CALL=none",
    dir: space.effects,
    started_at: 0,
  };
  const thisBoot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  try {
    for (const boot_id of ["another", thisBoot]) {
      expect(await recover("x", { ...evidence, boot_id })).toMatchObject({ status: "interrupted" });
    }
    expect(await processesWith(`99.47124${Deno.pid}`)).toHaveLength(1);
  } finally {
    bystander.kill("SIGKILL");
    await bystander.status;
  }
});

test("a call folder that is gone is an interruption, not a failure of recovery", async () => {
  const command = "true";
  const evidence = await crash(command, "running");
  await until(async () => (await processesWith(space.effects)).length === 0);
  await rm(space.effects, { recursive: true });
  expect(await recover(command, evidence)).toMatchObject({ status: "interrupted" });
  expect(await recover(command, null)).toMatchObject({ status: "interrupted" });
});
