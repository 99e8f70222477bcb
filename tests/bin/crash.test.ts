// kill -9 and a new daemon: sessions go on by themselves, and a command that ran is not run again.
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Desk, jsonLines, openDesk, script } from "./desk.ts";
import { until } from "./processes.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

/** Writes one line to a ledger for each time it runs, then waits until it may go on. */
const command = "echo ran >> ledger; until [ -e go ]; do sleep 0.1; done; echo finished in the end";
const prompt = script({ calls: [{ name: "Bash", args: { command } }] }, { text: "The command is through." });

async function killInTheMiddle(): Promise<void> {
  await desk.ok(["new", "--name", "job", "--permission-mode", "bypassPermissions"]);
  const run = desk.start(["run", "-r", "job", prompt]);
  await until(() => ledger().then((lines) => lines.length > 0 || undefined));
  run.kill("SIGKILL");
  await run.status;
  const { pid } = await desk.daemon();
  Deno.kill(pid, "SIGKILL");
  await desk.ok(["start"]);
  expect((await desk.daemon()).pid).not.toBe(pid);
}

async function ledger(): Promise<string[]> {
  const text = await Deno.readTextFile(join(desk.workspace, "ledger")).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

it("a command that outlives a killed daemon is taken up again, runs once, and the turn is finished", async () => {
  await killInTheMiddle();
  await Deno.writeTextFile(join(desk.workspace, "go"), "");
  const view = await desk.viewWhen("job", ({ state }) => state.summary.status === "idle");
  expect(JSON.stringify(view.conversation)).toContain("finished in the end");
  expect(view.conversation.at(-1)).toMatchObject({ role: "assistant", text: "The command is through." });
  expect(await ledger()).toEqual(["ran"]);
  const types = jsonLines(await desk.ok(["replay", "job", "--json"])).map(({ type }) => type);
  expect(types.filter((type) => type === "call.finished")).toHaveLength(1);
  await desk.ok(["replay", "job", "--verify"]);
});

it("five killed daemons in a row change nothing about that", async () => {
  await killInTheMiddle();
  for (let crash = 2; crash <= 5; crash++) {
    Deno.kill((await desk.daemon()).pid, "SIGKILL");
    await desk.ok(["start"]);
  }
  await Deno.writeTextFile(join(desk.workspace, "go"), "");
  const view = await desk.viewWhen(
    "job",
    ({ state }) => !["thinking", "acting"].includes(state.summary.status),
  );
  expect(await ledger()).toEqual(["ran"]);
  expect(JSON.stringify(view.conversation)).toContain("finished in the end");
  await desk.ok(["replay", "job", "--verify"]);
});
