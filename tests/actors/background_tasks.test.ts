// Background tasks: they outlive their turn and a crash of the daemon, report when they end, and are never left behind.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command, run_in_background: true } });
const background = async (id: string) => (await test.runtime.view(id)).state.background;

it("a command in the background lets the turn go on, and its end wakes the agent", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const gate = join(test.workspace, "gate");
  const command = `while [ ! -e gate ]; do sleep 0.02; done; echo from the back`;
  const result = await test.turn(id, script({ calls: [bash(command)] }, { text: "It runs" }));
  expect(result.outcome).toBe("completed");
  const started = await test.fact(id, "background.started");
  expect(await background(id)).toMatchObject([{ status: "running", command }]);
  expect((await test.runtime.view(id)).state.summary.status).toBe("idle");
  await Deno.writeTextFile(gate, "");
  const ended = await test.fact(id, "background.ended");
  expect(ended.data).toMatchObject({
    status: "exited",
    exit_code: 0,
    output: expect.stringContaining("from the back"),
  });
  // A turn of its own, begun by the end of the task.
  await test.fact(id, "turn.ended", ended.seq);
  const request = await test.runtime.request(id, "last");
  expect(JSON.stringify(request.wire)).toContain("has ended: exited, exit code 0");
  expect(started.type === "background.started" && started.data.background_id).toMatch(/^b\d+-1$/);
});

it("the agent reads its output while it runs, and ends it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, script({ calls: [bash("echo begun; sleep 60")] }, { text: "It runs" }));
  const [task] = await background(id);
  const bash_id = task?.background_id ?? "";
  await until("its first words", async () => {
    const read = script({ calls: [{ name: "BashOutput", args: { bash_id } }] }, { text: "read" });
    const { tool_calls } = await test.turn(id, read);
    return tool_calls[0]?.output.includes("begun") || null;
  });
  await test.turn(id, script({ calls: [{ name: "KillShell", args: { bash_id } }] }, { text: "ended" }));
  expect(await background(id)).toMatchObject([{ status: "killed" }]);
});

it("a person ends it from outside, and a second time finds nothing", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, script({ calls: [bash("sleep 60")] }, { text: "It runs" }));
  const [task] = await background(id);
  const end = () =>
    test.runtime.command(id, { type: "background.end", background_id: task?.background_id ?? "" }, "me");
  await end();
  expect((await test.fact(id, "background.ended")).data).toMatchObject({ status: "killed" });
  await expect(end()).rejects.toMatchObject({ code: "not_found" });
});

it("a cancelled turn leaves it running; a stop of the daemon ends it and says so", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const wait = { name: "Bash", args: { command: "sleep 30" } };
  await test.send(id, script({ calls: [bash("sleep 60"), wait] }, { text: "never" }));
  await test.fact(id, "background.started");
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await test.fact(id, "turn.ended");
  expect(await background(id)).toMatchObject([{ status: "running" }]);
  await test.restart();
  expect(await background(id)).toMatchObject([{ status: "stopped" }]);
  expect((await test.runtime.view(id)).state.summary.status).toBe("interrupted");
});

it("a fork does not share it: there it is said to run elsewhere", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, script({ calls: [bash("sleep 60")] }, { text: "It runs" }));
  const fork = await test.runtime.fork(id);
  expect(await background(fork.session_id)).toMatchObject([{ status: "left_behind" }]);
  expect(await background(id)).toMatchObject([{ status: "running" }]);
  const [task] = await background(id);
  await test.runtime.command(id, { type: "background.end", background_id: task?.background_id ?? "" }, "me");
});

const inSubAgent = (command: string) =>
  script({
    calls: [{
      name: "Agent",
      args: { description: "sub", prompt: script({ calls: [bash(command)] }, { text: "left it running" }) },
    }],
  }, { text: "done" });

it("the main agent hears of a command whose sub-agent has ended", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, inSubAgent("while [ ! -e gate ]; do sleep 0.02; done; echo from-$((40 + 2))"));
  await Deno.writeTextFile(join(test.workspace, "gate"), "");
  const ended = await test.fact(id, "background.ended");
  await test.fact(id, "turn.ended", ended.seq);
  const { wire } = await test.runtime.request(id, "last");
  expect(JSON.stringify(wire).includes("from-42")).toBe(true);
});

it("a stop of the daemon ends a command whose sub-agent has ended", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, inSubAgent("while true; do printf x >> beats; sleep 0.02; done"));
  await until("its beat", () => Deno.stat(join(test.workspace, "beats")).then(() => true, () => null));
  await test.restart();
  expect(await background(id)).toMatchObject([{ status: "stopped" }]);
});

it("a message for the next turn waits for it, also when the end of a command has just begun one", async () => {
  test = await openTestRuntime({ prompt: slowPrompt(() => test.workspace) });
  const id = await test.session();
  await test.turn(id, script({ calls: [bash("while [ ! -e gate ]; do sleep 0.02; done")] }, { text: "ok" }));
  await Deno.writeTextFile(join(test.workspace, "slow"), "");
  await Deno.writeTextFile(join(test.workspace, "gate"), "");
  const ended = await test.fact(id, "background.ended");
  await test.send(id, "the next thing", { delivery: "queue" });
  await Deno.remove(join(test.workspace, "slow"));
  const first = await test.fact(id, "turn.ended", ended.seq);
  await test.fact(id, "turn.ended", first.seq);
  const called = (await test.facts(id)).filter((fact) => fact.type === "model.called").slice(-2);
  const asked = await Promise.all(called.map(async (fact) => {
    const request_id = fact.type === "model.called" ? fact.data.request_id : "";
    return JSON.stringify((await test.runtime.request(id, request_id)).wire).includes("the next thing");
  }));
  expect(asked).toEqual([false, true]);
});

/** A system prompt that is not written as long as a file is there. */
function slowPrompt(workspace: () => string) {
  return async () => {
    const isSlow = () => Deno.stat(join(workspace(), "slow")).then(() => true, () => null);
    await until("no need to wait", async () => await isSlow() === null || null);
    return "You are a test";
  };
}

it("the end of a command that a person began by hand asks no model", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.runtime.command(id, { type: "tool.run", tool_call: bash("echo by hand") }, "me");
  const ended = await test.fact(id, "background.ended");
  const { seq } = await test.fact(id, "call.finished");
  await test.turn(id, script({ text: "hello" }));
  const types = (await test.facts(id)).filter((fact) => fact.seq > Math.max(seq, ended.seq)).map(({ type }) =>
    type
  );
  expect(types).toEqual(["message.received", "model.called", "model.replied", "turn.ended"]);
  expect(JSON.stringify((await test.runtime.request(id, "last")).wire)).not.toMatch(
    /Background task \S+ has ended/,
  );
});
