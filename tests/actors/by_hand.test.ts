// Calls that a person runs by hand, and how they are ended while no turn runs.
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { isProcessAlive } from "../../src/platform/process_alive.ts";
import { until, written } from "../support/daemon.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const byHand = (id: string, command: string) =>
  test.runtime.command(id, { type: "tool.run", tool_call: { name: "Bash", args: { command } } }, "me");
const cancel = (id: string) => test.runtime.command(id, { type: "turn.cancel" }, "me");

it("a cancel takes back a call by hand that waits for approval", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  await byHand(id, "touch made");
  await test.fact(id, "call.approval_requested");
  await cancel(id);
  expect((await test.fact(id, "call.interrupted")).data).toMatchObject({ name: "Bash" });
  expect((await test.runtime.view(id)).state.approvals).toEqual([]);
});

it("a cancel ends a call by hand that runs", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await byHand(id, "echo $$ > pid; exec sleep 60");
  const pid = Number(await until("the pid", () => written(join(test.workspace, "pid"))));
  await cancel(id);
  await test.fact(id, "call.interrupted");
  await until("the end of the command", () => Promise.resolve(isProcessAlive(pid) ? null : true));
});

it("a cancel with nothing to end is refused as before", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await expect(cancel(id)).rejects.toMatchObject({ code: "conflict" });
});
