// Commands that take all they can get: what they may take, and that nothing of them is left. Counts are printed.
import { afterEach, beforeEach, expect, test } from "vitest";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bashTool } from "../../tools/bash.ts";
import { killShellTool } from "../../tools/kill_shell.ts";
import { outputBytesMax } from "../../tools/command_files.ts";
import type { ToolOutcome } from "../../tools/contract.ts";
import type { JsonValue } from "../../src/protocol/json.ts";
import { type BackgroundRoom, backgroundRoom, countMarked } from "./background_room.ts";
import { until } from "./bash_crash.ts";
import { makeWorkspace, prepareTool, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let room: BackgroundRoom;
beforeEach(async () => {
  space = await makeWorkspace();
  room = backgroundRoom(space);
});
afterEach(() => space.remove());

const outputSize = async () => (await stat(join(space.effects, "c12-1", "output"))).size;
const readNumber = async (name: string) =>
  Number(await Deno.readTextFile(join(space.dir, name)).catch(() => "0"));

interface Counted {
  outcome: ToolOutcome;
  /** The most processes of the command that were seen at once. */
  most: number;
  /** Those that are there after its end. */
  left: number;
}

/** Runs a command in the foreground and counts its processes meanwhile and afterwards. */
async function count(command: string, timeout_ms: number, signal?: AbortSignal): Promise<Counted> {
  const context = signal ? { ...room.context, signal } : room.context;
  const prepared = await prepareTool(bashTool, { command, timeout_ms }, context);
  let isDone = false;
  let most = 0;
  const watching = (async () => {
    while (!isDone) {
      most = Math.max(most, await countMarked(prepared.evidence));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const outcome = await prepared.run();
  isDone = true;
  await watching;
  return { outcome, most, left: await countMarked(prepared.evidence) };
}

test("output without end is cut at the limit, whatever writes it, and leaves no process", async () => {
  for (const command of ["yes", "cat /dev/zero", "while :; do echo x; done & yes | cat & wait"]) {
    const { outcome, left } = await count(command, 60_000);
    const size = await outputSize();
    console.log(`"${command}": ${size} bytes on disk, ${left} processes left`);
    expect(outcome).toMatchObject({
      status: "failed",
      error: `wrote more than ${outputBytesMax} bytes and was ended`,
    });
    expect(size).toBeLessThanOrEqual(outputBytesMax);
    expect(left).toBe(0);
    expect(textOf(outcome).length).toBeLessThan(32_000);
  }
});

/** A tree of 63 shells, each with a sleep of its own. */
const tree = (start: string) =>
  `${start}bomb() { if [ "$1" -gt 0 ]; then bomb $(($1 - 1)) & bomb $(($1 - 1)) & fi; sleep 100; }; bomb 5`;

test("a command that multiplies is ended as a whole at its time limit, also when it ignores the polite signal", async () => {
  for (const start of ["", "trap '' TERM; "]) {
    const { outcome, most, left } = await count(tree(start), 1500);
    console.log(`fork tree${start && ", deaf to SIGTERM"}: ${most} processes at most, ${left} left`);
    expect(textOf(outcome)).toContain("timed out");
    expect(most).toBeGreaterThan(100);
    expect(left).toBe(0);
  }
});

test("a chain of processes that each start the next in a session of its own and leave is ended", async () => {
  // Bounded, should it not be caught: 300 generations.
  const relay =
    'echo "$1" >generation; [ "$1" -lt 300 ] || exit; sleep 0.05; setsid sh relay.sh $(($1 + 1)) &';
  await writeFile(join(space.dir, "relay.sh"), relay);
  const generations: number[] = [];
  // Whether a look misses the chain is a matter of microseconds, so it gets some chances.
  for (let round = 0; round < 8; round++) {
    const { outcome, left } = await count("setsid sh relay.sh 0 & sleep 0.2; echo done", 10_000);
    generations.push(await readNumber("generation"));
    expect(textOf(outcome)).toMatch(/^done\n\[\d+ background processes still ran and were ended\]$/);
    expect(left).toBe(0);
  }
  console.log(
    `${generations.length} chains of sessions: ended in generation ${generations} of 300, 0 processes left`,
  );
  expect(Math.max(...generations)).toBeLessThan(300);
});

test("a daemon that forked twice into a session of its own is found by its environment and ended", async () => {
  const daemon =
    "(setsid sh -c '(sleep 100 & echo $! >pid) & exit' &); until [ -s pid ]; do sleep 0.01; done";
  const { outcome, left } = await count(
    `${daemon}; cut -d' ' -f4,5,6 /proc/$(cat pid)/stat; echo $$`,
    10_000,
  );
  const [ids = "", shell = ""] = textOf(outcome).split("\n");
  const [parent, group, session] = ids.split(" ");
  console.log(
    `twice forked daemon: parent ${parent}, own group and session: ${group === session}, ${left} left`,
  );
  expect(textOf(outcome)).toContain("[1 background processes still ran and were ended]");
  expect([group, session]).not.toContain(shell);
  expect(left).toBe(0);
});

test("whatever ends a command, none of its processes is left", async () => {
  const family = "sleep 90 & setsid sleep 90 & (setsid sleep 90 &) ; nohup sleep 90 >/dev/null & echo up";
  const rows: Record<string, number> = {};
  const cancel = new AbortController();
  const shutdown = new AbortController();
  const whenUp = (stop: () => void) =>
    void until(async () => await outputSize().catch(() => 0) > 0).then(stop);
  rows["exit"] = (await count(family, 60_000)).left;
  rows["time limit"] = (await count(`${family}; while :; do sleep 1; done`, 400)).left;
  whenUp(() => cancel.abort());
  rows["cancel"] = (await count(`${family}; while :; do sleep 1; done`, 60_000, cancel.signal)).left;
  whenUp(() => shutdown.abort("shutdown"));
  rows["shutdown"] = (await count(`${family}; while :; do sleep 1; done`, 60_000, shutdown.signal)).left;
  rows["too much output"] = (await count(`${family}; yes`, 60_000)).left;
  rows["shell killed"] = (await count(`${family}; kill -KILL $PPID; sleep 30`, 60_000)).left;
  rows["itself killed"] = (await count(`${family}; kill -KILL $$`, 60_000)).left;
  const ends: [string, (id: string) => unknown][] = [
    ["background, KillShell", (id) => runTool(killShellTool, { bash_id: id }, room.context)],
    ["background, shutdown", (id) => room.stop(id, "shutdown")],
    ["background, exit", () => writeFile(join(space.dir, "go"), "")],
  ];
  for (const [name, end] of ends) {
    const evidence = await backgroundFamily(family);
    await end("b12-1");
    await room.end("b12-1");
    rows[name] = await countMarked(evidence);
  }
  console.log(`processes left: ${Object.entries(rows).map(([name, left]) => `${name} ${left}`).join(", ")}`);
  expect(Object.values(rows).every((left) => left === 0)).toBe(true);
}, 120_000);

async function backgroundFamily(family: string): Promise<JsonValue> {
  const id = await room.start(`${family}; until [ -e go ]; do sleep 0.1; done`);
  const evidence = room.evidence(id);
  await until(async () => await countMarked(evidence) >= 6);
  return evidence;
}
