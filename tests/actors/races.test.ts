// Races that leave a session stuck, a call without its one result, or work that nobody asked for any more.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { createRuntime } from "../../actors/runtime.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { Tool, ToolFact, ToolOutcome } from "../../tools/contract.ts";
import { allTools } from "../../tools/list.ts";
import { pause, until } from "../support/daemon.ts";
import { openFaultDisk } from "../support/fault_disk.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const read = { name: "Read", args: { file_path: "a" } };

/** The real tools, of which one waits when it is prepared, and again when it runs, until it is let go. */
function withGates(name: string) {
  const prepared = openGate();
  const run = openGate();
  const gated = (tool: Tool): Tool => ({
    ...tool,
    parse: (args) => {
      const parsed = tool.parse(args);
      if (!parsed.ok) return parsed;
      const prepare: typeof parsed.call.prepare = async (context) => {
        const ready = await parsed.call.prepare(context);
        await prepared.pass();
        return "status" in ready ? ready : { ...ready, run: () => run.pass().then(ready.run) };
      };
      return { ok: true, call: { ...parsed.call, prepare } };
    },
  });
  return { tools: allTools.map((tool) => tool.name === name ? gated(tool) : tool), prepared, run };
}

function openGate() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: letGo } = Promise.withResolvers<void>();
  return { reached, letGo, pass: () => (reach(), opened) };
}

it("a turn that is cancelled just before a reading tool starts comes to its end", async () => {
  const { tools, prepared, run } = withGates("Read");
  test = await openTestRuntime({ tools });
  await Deno.writeTextFile(join(test.workspace, "a"), "text");
  const id = await test.session();
  await test.send(id, script({ calls: [read] }, { text: "never" }));
  await prepared.reached;
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  prepared.letGo();
  run.letGo();
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "cancelled" });
  expect(await test.types(id)).toContain("call.interrupted");
});

it("a tool that says what cannot be still gives its call a result", async () => {
  const twice: ToolFact = {
    type: "background.started",
    data: { background_id: "b1", call_id: "c1", command: "true", evidence: null },
  };
  const said: Extract<ToolOutcome, { status: "finished" }> = {
    status: "finished",
    output: "done",
    truncated: false,
    facts: [twice, twice],
  };
  const tools = allTools.map((tool): Tool =>
    tool.name === "Read" ? { ...tool, parse: saying(tool, said) } : tool
  );
  test = await openTestRuntime({ tools });
  const id = await test.session();
  const { outcome, tool_calls } = await test.turn(id, script({ calls: [read] }, { text: "heard" }));
  expect(outcome).toBe("completed");
  expect(tool_calls).toMatchObject([{ status: "finished", output: "done" }]);
  expect(await test.types(id)).not.toContain("background.started");
});

/** The tool as it is, but for what it says in the end. */
function saying(tool: Tool, outcome: ToolOutcome): Tool["parse"] {
  return (args) => {
    const parsed = tool.parse(args);
    if (!parsed.ok) return parsed;
    const prepare: typeof parsed.call.prepare = async (context) => {
      const ready = await parsed.call.prepare(context);
      return "status" in ready ? ready : { ...ready, run: () => Promise.resolve(outcome) };
    };
    return { ok: true, call: { ...parsed.call, prepare } };
  };
}

it("a disk that fills up while a reading tool works takes the session's actor with it, not the daemon", async () => {
  const disk = openFaultDisk(openDenoDisk());
  const { tools, prepared, run } = withGates("Read");
  test = await openTestRuntime({ disk, tools });
  const uncaught: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    uncaught.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  try {
    const id = await test.session();
    await test.send(id, script({ calls: [read] }, { text: "x" }));
    await prepared.reached;
    disk.arm("no_space", 1, true);
    prepared.letGo();
    await run.reached;
    await until("the failed write", () => test.reports.some((line) => line.includes("space")) || null);
    await pause(50);
    disk.disarm();
    run.letGo();
    await test.fact(id, "turn.ended");
    expect(uncaught).toEqual([]);
  } finally {
    globalThis.removeEventListener("unhandledrejection", note);
  }
});

it("a session whose disk refuses can be looked at while its log fails", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.turn(id, "help");
  await test.restart();
  await test.runtime.events(id, 0, 1);
  disk.arm("no_space", 1, true);
  const sent = test.send(id, "help");
  const seen = test.runtime.view(id);
  await expect(sent).rejects.toMatchObject({ code: "storage_failed" });
  expect((await seen).conversation.length).toBeGreaterThan(0);
  disk.disarm();
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

it("a call by hand cannot take an id that a call of the model will have", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const tool_call = { name: "Bash", args: { command: "sleep 0.5" } };
  await expect(test.runtime.command(id, { type: "tool.run", tool_call, id: "c2-1" }, "me")).rejects
    .toMatchObject({ code: "bad_request" });
  const result = await test.turn(id, script({ calls: [read] }, { text: "done" }));
  expect(result.outcome).toBe("completed");
});

it("a fork that never got its beginning runs nothing of the session it was made from", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(
    id,
    script({ calls: [{ name: "Bash", args: { command: "echo x >> ran; sleep 0.2" } }] }, { text: "x" }),
  );
  await test.fact(id, "turn.ended");
  const proposed = await test.fact(id, "call.proposed");
  await test.stop();
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const log = await store.open(id);
  // What a daemon leaves that dies between the copy and its first record.
  await (await store.fork(log, proposed.seq, "unfinished")).close();
  await log.close();
  await store.close();
  await test.restart();
  const types = (await test.facts("unfinished")).map((fact) => fact.type);
  expect(types.slice(proposed.seq)).toEqual(expect.arrayContaining(["session.forked", "turn.ended"]));
  expect((await test.runtime.view("unfinished")).state.summary).toMatchObject({
    session_id: "unfinished",
    forked_from: id,
    status: "interrupted",
  });
  expect(await Deno.readTextFile(join(test.workspace, "ran"))).toBe("x\n");
});

it("a known secret in the words a session is created with never reaches its log", async () => {
  const secret = "sk-very-secret-0123456789";
  test = await openTestRuntime({ secret });
  const { session_id } = await test.runtime.create({
    workspace: test.workspace,
    add_dirs: [],
    agent_mode: "single",
    permission_mode: "default",
    context: `use ${secret}`,
  });
  await test.turn(session_id, "help");
  expect(JSON.stringify(await test.facts(session_id))).not.toContain(secret);
  expect(JSON.stringify(await test.runtime.request(session_id, "last"))).not.toContain(secret);
});

it("a session that is archived while others keep asking for it goes to the trash", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, "help");
  let asking = true;
  const visitor = (async () => {
    while (asking) {
      await test.runtime.events(id, 0, 10).catch(() => {});
      await pause(0);
    }
  })();
  await test.runtime.archive(id);
  asking = false;
  await visitor;
  await expect(test.runtime.events(id, 0, 1)).rejects.toMatchObject({ code: "not_found" });
  await test.runtime.restore(id);
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

it("work that a full disk ended is taken up again without anyone asking for the session", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.send(
    id,
    script({ calls: [{ name: "Bash", args: { command: "sleep 0.2" } }] }, {
      calls: [{ name: "Bash", args: { command: "touch after" } }],
    }, { text: "x" }),
  );
  await test.fact(id, "call.started");
  disk.arm("no_space", 1, true);
  await until("the failed write", () => test.reports.some((line) => line.includes("space")) || null);
  disk.disarm();
  await until(
    "what comes after",
    () => Deno.stat(join(test.workspace, "after")).then(() => true, () => null),
  );
});

it("a daemon that dies while a turn is being cancelled leaves what runs in the background to the next one", async () => {
  const { tools, prepared, run } = withGates("Read");
  test = await openTestRuntime({ tools });
  await Deno.writeTextFile(join(test.workspace, "a"), "text");
  const id = await test.session();
  const background = { name: "Bash", args: { command: "sleep 60", run_in_background: true } };
  await test.send(id, script({ calls: [background] }, { calls: [read] }, { text: "never" }));
  await prepared.reached;
  prepared.letGo();
  await run.reached;
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  const folder = await Deno.makeTempDir({ prefix: "jamey-left-" });
  await copyFolder(test.dataDir, join(folder, "data"));
  const next = await openTestRuntime({ folder });
  try {
    await next.fact(id, "turn.ended");
    await pause(700);
    expect((await next.runtime.view(id)).state.background).toMatchObject([{ status: "running" }]);
  } finally {
    await next.close();
    await Deno.remove(folder, { recursive: true });
    run.letGo();
  }
  await test.fact(id, "turn.ended");
});

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) await copyFolder(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile) await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}

it("sessions that are made while the daemon looks for old ones are found by nobody twice, and can be used", async () => {
  test = await openTestRuntime();
  for (let count = 0; count < 20; count++) await test.session();
  await test.stop();
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const reports: string[] = [];
  const runtime = createRuntime({
    store,
    providers: registryOf([scriptedProvider()]),
    tools: allTools,
    secrets: [],
    report: (line) => reports.push(line),
  });
  const input = {
    workspace: test.workspace,
    add_dirs: [],
    agent_mode: "single",
    permission_mode: "default",
  } as const;
  const made = await Promise.all(
    Array.from({ length: 30 }, () => runtime.create({ ...input, add_dirs: [] })),
  );
  await runtime.ready;
  for (const { session_id } of made) {
    const { message_id = "" } = await runtime.command(
      session_id,
      { type: "message.send", message: "hello", delivery: "steer" },
      "me",
    );
    expect((await runtime.turn(session_id, message_id, AbortSignal.timeout(20_000))).outcome).toBe(
      "completed",
    );
  }
  expect(reports).toEqual([]);
  await runtime.close();
  await test.restart();
});
