import { afterEach, beforeEach, expect, test } from "vitest";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bashTool } from "../../tools/bash.ts";
import { watchBackground } from "../../tools/background.ts";
import { outputBytesMax } from "../../tools/command_files.ts";
import { jsonObject, type JsonValue } from "../../src/protocol/json.ts";
import { type BackgroundRoom, backgroundRoom, countMarked } from "./background_room.ts";
import { crashInCall, until } from "./bash_crash.ts";
import { makeWorkspace, recoverTool, type TestWorkspace } from "./workspace.ts";

let space: TestWorkspace;
let room: BackgroundRoom;
beforeEach(async () => {
  space = await makeWorkspace();
  room = backgroundRoom(space);
});
afterEach(() => space.remove());

const crash = (command: string, killAt: "prepared" | "running", backgroundMs = 7_200_000) =>
  crashInCall({ command, space, killAt, backgroundMs });
const ledger = () => readFile(join(space.dir, "ledger"), "utf8").catch(() => "");
async function recover(command: string, evidence: JsonValue) {
  const outcome = await recoverTool(bashTool, { command, run_in_background: true }, evidence, room.context);
  if (outcome === "again") throw new Error("a command is never run again");
  return outcome;
}
const watch = (evidence: JsonValue) =>
  watchBackground(evidence, { signal: new AbortController().signal, onOutput: () => {} });

test("a background command that outlived the runtime is handed over, ran once, and gives its real end", async () => {
  const command = "echo ran >>ledger; echo early; until [ -e go ]; do sleep 0.02; done; echo late; exit 7";
  const evidence = await crash(command, "running");
  await until(async () => (await ledger()) !== "");
  const [first, second] = [await recover(command, evidence), await recover(command, evidence)];
  expect(second).toEqual(first);
  expect(first).toMatchObject({
    status: "finished",
    facts: [{
      type: "background.started",
      data: { background_id: "b12-1", call_id: "c12-1", command, evidence },
    }],
  });
  const id = room.adopt(first);
  await writeFile(join(space.dir, "go"), "");
  expect(await room.end(id)).toMatchObject({ status: "exited", exit_code: 7, output: "early\nlate" });
  expect(room.live.join("")).toBe("early\nlate\n");
  expect(await ledger()).toBe("ran\n");
  expect(await countMarked(evidence)).toBe(0);
});

test("a watch that is left lets the command run, passes nothing on any more, and another one sees its end", async () => {
  const command = "echo early; until [ -e go ]; do sleep 0.02; done; echo late; exit 7";
  const evidence = await crash(command, "running");
  const live: string[] = [];
  const leave = new AbortController();
  const left = watchBackground(evidence, {
    signal: new AbortController().signal,
    leave: leave.signal,
    onOutput: (text) => void live.push(text),
  });
  await until(() => Promise.resolve(live.length > 0));
  leave.abort(new Error("somebody else watches"));
  await expect(left).rejects.toThrow("somebody else watches");
  expect(await countMarked(evidence)).toBeGreaterThan(0);
  await writeFile(join(space.dir, "go"), "");
  expect(await watch(evidence)).toMatchObject({ status: "exited", exit_code: 7 });
  expect(live.join("")).toBe("early\n");
});

test("a background command that ended while no runtime was there is handed over with its exit code", async () => {
  const command = "echo ran >>ledger; echo output; exit 3";
  const evidence = await crash(command, "running");
  await until(async () => await countMarked(evidence) === 0);
  const id = room.adopt(await recover(command, evidence));
  expect(await room.end(id)).toMatchObject({ status: "exited", exit_code: 3, output: "output" });
  expect(await ledger()).toBe("ran\n");
});

test("a crash before a background command was let through runs nothing", async () => {
  const command = "echo ran >>ledger";
  const evidence = await crash(command, "prepared");
  await until(async () => await countMarked(evidence) === 0);
  expect(await recover(command, evidence)).toMatchObject({ status: "interrupted" });
  expect(await recover(command, null)).toMatchObject({ status: "interrupted" });
  expect(await ledger()).toBe("");
});

test("a background command whose time ran out while no runtime was there is ended when it is found", async () => {
  const command = "echo begun; sleep 100 & setsid sleep 100 & wait";
  const evidence = jsonObject.parse(await crash(command, "running"));
  await until(async () => await countMarked(evidence) >= 5);
  expect(await watch({ ...evidence, deadline: Date.now() - 1 })).toMatchObject({ status: "timed_out" });
  expect(await countMarked(evidence)).toBe(0);
});

test("while no runtime watches, a guard ends a background command at its time limit", async () => {
  const evidence = await crash("echo begun; sleep 100", "running", 100);
  expect(await countMarked(evidence)).toBeGreaterThan(2);
  await until(async () => await countMarked(evidence) === 0);
  expect(await watch(evidence)).toMatchObject({ status: "lost", output: "begun" });
});

test("while no runtime watches, a guard ends a background command that fills the disk", async () => {
  // Bounded, should the guard fail: 1.5 GB.
  const evidence = await crash(
    "for i in $(seq 150); do head -c 10000000 /dev/zero; sleep 0.05; done",
    "running",
  );
  await until(async () => await countMarked(evidence) === 0);
  const file = join(space.effects, "output");
  const peak = (await stat(file)).size;
  const end = await watch(evidence);
  const { size } = await stat(file);
  console.log(`200 MB/s without a runtime: ended at ${peak} bytes, ${size} bytes left on disk`);
  expect(end).toMatchObject({ status: "too_much_output", output_file: file });
  expect(peak).toBeGreaterThan(outputBytesMax);
  expect(size).toBe(outputBytesMax);
});
