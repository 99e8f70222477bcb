import { afterEach, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { until, written } from "../support/daemon.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });

it("a turn runs real tools and ends with the model's answer", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const write = { name: "Write", args: { file_path: "a.txt", content: "hello" } };
  const result = await test.turn(
    id,
    script({ text: "I write", calls: [write] }, { calls: [bash("cat a.txt")] }, { text: "Done" }),
  );
  expect(result.outcome).toBe("completed");
  expect(result.tool_calls.map((call) => [call.name, call.status])).toEqual([["Write", "finished"], [
    "Bash",
    "finished",
  ]]);
  expect(result.tool_calls[1]?.output).toContain("hello");
  expect(result.messages.at(-1)).toMatchObject({ role: "assistant", text: "Done" });
});

it("who joins in the middle of an answer first gets the text so far, and no text of an answer that is complete", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(
    id,
    script({ text: "first words ", calls: [bash("echo live; sleep 1")] }, { text: "done" }),
  );
  const started = await test.fact(id, "call.started");
  const partial = await until("live output", async () => {
    const subscription = await test.runtime.subscribe(id, {
      event: () => {},
      delta: () => {},
      closed: () => {},
    });
    subscription.unsubscribe();
    return subscription.partial.length > 0 ? subscription.partial : null;
  });
  expect(partial).toMatchObject([{ of_seq: started.seq, offset: 0, text: "live\n" }]);
});

it("a workspace that is gone is said in words, whatever the tool", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await Deno.remove(test.workspace);
  const write = { name: "Write", args: { file_path: "a", content: "" } };
  const result = await test.turn(id, script({ calls: [bash("true"), write] }, { text: "done" }));
  for (const call of result.tool_calls) expect(call.output).toContain("it is not there any more");
  expect(result.tool_calls).toHaveLength(2);
});

it("many sessions write in one folder at once, though their calls have the same ids", async () => {
  test = await openTestRuntime();
  const names = Array.from({ length: 20 }, (_, n) => `file-${n}`);
  const turns = await Promise.all(names.map(async (name) => {
    const write = { name: "Write", args: { file_path: name, content: name.repeat(2_000) } };
    return await test.turn(await test.session(), script({ calls: [write] }, { text: "done" }));
  }));
  expect(turns.map((turn) => turn.tool_calls[0]?.status)).toEqual(names.map(() => "finished"));
  for (const name of names) {
    expect(await Deno.readTextFile(join(test.workspace, name))).toBe(name.repeat(2_000));
  }
});

it("a sub-agent works under its own path in the same log, and its last words are the call's result", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await Deno.writeTextFile(join(test.workspace, "seen.txt"), "");
  const result = await test.turn(
    id,
    script({ calls: [{ name: "Agent", args: { description: "look", prompt: "list files" } }] }, {
      text: "ok",
    }),
  );
  expect(result.tool_calls[0]).toMatchObject({
    name: "Agent",
    status: "finished",
    output: expect.stringContaining("seen.txt"),
  });
  const actors = new Set((await test.facts(id)).map((fact) => fact.actor));
  expect([...actors]).toEqual(["main", "main/agent:c2-1"]);
});

it("cancelling ends the running command, its process group and the turn", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(id, script({ calls: [bash("echo $$ > pid; sleep 60")] }, { text: "never" }));
  await until("the command to run", () => written(join(test.workspace, "pid")));
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  const ended = await test.fact(id, "turn.ended");
  expect(ended.data).toMatchObject({ outcome: "cancelled" });
  expect(await test.types(id)).toContain("call.interrupted");
  expect(isAlive(Number(readFileSync(join(test.workspace, "pid"), "utf8")))).toBe(false);
  await expect(test.runtime.command(id, { type: "turn.cancel" }, "me")).rejects.toMatchObject({
    code: "conflict",
  });
});

it("cancelling ends sub-agents with their commands", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = script({ calls: [bash("echo $$ > pid; sleep 60")] }, { text: "never" });
  await test.send(
    id,
    script({ calls: [{ name: "Agent", args: { description: "x", prompt: inner } }] }, { text: "never" }),
  );
  await until("the command to run", () => written(join(test.workspace, "pid")));
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await until(
    "the end of the turn",
    async () =>
      (await test.facts(id)).find((fact) => fact.type === "turn.ended" && fact.actor === "main") ?? null,
  );
  expect(await test.types(id)).toContain("agent.stopped");
  expect(isAlive(Number(readFileSync(join(test.workspace, "pid"), "utf8")))).toBe(false);
});

it("a message while a tool runs reaches the next model call; a queued one makes its own turn", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(id, script({ calls: [bash("sleep 0.3")] }, { text: "first" }));
  await test.fact(id, "call.started");
  const queued = await test.send(id, "help", { delivery: "queue" });
  const steered = await test.send(id, "list files", { delivery: "steer" });
  const turns = await Promise.all(
    [queued, steered].map(({ message_id = "" }) =>
      test.runtime.turn(id, message_id, AbortSignal.timeout(20_000))
    ),
  );
  expect(turns.map((turn) => turn.outcome)).toEqual(["completed", "completed"]);
  expect((await test.types(id)).filter((type) => type === "turn.ended")).toHaveLength(2);
  const roles = (await test.runtime.view(id)).conversation.map((message) =>
    message.role === "user" ? message.text.slice(0, 10) : message.role
  );
  expect(roles.indexOf("list files")).toBeLessThan(roles.indexOf("help"));
  expect(roles.indexOf("list files")).toBeGreaterThan(roles.indexOf("tool"));
});

it("the same message id twice is one message", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const first = await test.send(id, "help", { id: "same" });
  const second = await test.send(id, "help", { id: "same" });
  expect(second).toEqual({ seq: first.seq, message_id: "same", repeated: true });
  await test.fact(id, "turn.ended");
  await test.restart();
  expect(await test.send(id, "help", { id: "same" })).toEqual({
    seq: first.seq,
    message_id: "same",
    repeated: true,
  });
  expect((await test.types(id)).filter((type) => type === "message.received")).toHaveLength(1);
});

it("a turn stops at the limit its message set", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(id, script({ calls: [bash("true")] }, { calls: [bash("true")] }, { text: "never" }), {
    max_steps: 1,
  });
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "limit", steps: 1 });
});

it("a tool run by hand goes through the same rules and log, and stays out of the conversation", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const { call_id = "" } = await test.runtime.command(id, {
    type: "tool.run",
    tool_call: { name: "Bash", args: { command: "echo by hand" } },
  }, "me");
  const result = await test.runtime.call(id, call_id, AbortSignal.timeout(20_000));
  expect(result).toMatchObject({ success: true, output: expect.stringContaining("by hand") });
  expect((await test.runtime.view(id)).conversation).toEqual([]);
});

it("an unknown tool and wrong arguments are answered to the model in words", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const result = await test.turn(
    id,
    script({ calls: [{ name: "Nope", args: {} }, { name: "Read", args: { wrong: 1 } }] }, { text: "ok" }),
  );
  expect(result.tool_calls.map((call) => call.status)).toEqual(["failed", "failed"]);
  expect(result.tool_calls[0]?.output).toContain('Unknown tool "Nope"');
  expect(result.tool_calls[1]?.output).toContain("file_path");
});

it("a session whose archiving was cut short is in the trash after the next start", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, "help");
  await test.runtime.archive(id);
  await test.stop();
  await Deno.rename(join(test.dataDir, "trash", id), join(test.dataDir, "sessions", id));
  await test.restart();
  expect((await test.runtime.list({ limit: 10 })).sessions).toEqual([]);
  await test.runtime.restore(id);
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

it("an archived session is in the trash and comes back whole", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, "help");
  await test.runtime.archive(id);
  await expect(test.runtime.view(id)).rejects.toMatchObject({ code: "not_found" });
  expect((await test.runtime.list({ limit: 10 })).sessions).toEqual([]);
  await test.runtime.restore(id);
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

it("two edits of one file in one answer are made one after the other, and both are there", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const edit = (old_string: string, new_string: string) => ({
    name: "Edit",
    args: { file_path: "list.txt", old_string, new_string },
  });
  const steps = [
    { calls: [{ name: "Write", args: { file_path: "list.txt", content: "one\ntwo\nthree\n" } }] },
    { calls: [edit("one", "1"), edit("two", "2"), edit("three", "3")] },
    { text: "done" },
  ];
  const { tool_calls } = await test.turn(id, script(...steps));
  expect(tool_calls.map(({ status }) => status)).toEqual(["finished", "finished", "finished", "finished"]);
  expect(await Deno.readTextFile(join(test.workspace, "list.txt"))).toBe("1\n2\n3\n");
});

it("a tool for people is none that a model can call", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const { tool_calls } = await test.turn(id, script({ calls: [{ name: "Undo", args: {} }] }, { text: "no" }));
  expect(tool_calls[0]).toMatchObject({ status: "failed", output: expect.stringContaining("Unknown tool") });
});
