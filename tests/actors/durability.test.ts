import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openFaultDisk } from "../support/fault_disk.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { until, written } from "../support/daemon.ts";
import { type Fact, isCallFact } from "../../src/protocol/facts.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });
const richScript = script(
  { text: "I look", calls: [{ name: "Glob", args: { pattern: "*" } }, bash("echo one; echo two >&2")] },
  { calls: [{ name: "Write", args: { file_path: "big.txt", content: "x".repeat(50_000) } }] },
  {
    calls: [{ name: "Agent", args: { description: "sub", prompt: "list files" } }, {
      name: "Read",
      args: { file_path: "big.txt" },
    }],
  },
  { text: "Done" },
);

it("the fold of the log equals the live state, digest by digest, and every model request is proven", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, richScript);
  await test.turn(id, "list files");
  const report = await test.runtime.verify(id);
  expect(report).toMatchObject({ ok: true, diverged: null, live_digest: report.final_digest });
  expect(report.digests).toBe((await test.facts(id)).length);
  expect(report.requests).toBe((await test.types(id)).filter((type) => type === "model.called").length);
});

it("deleting all snapshots changes nothing but time", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, richScript);
  const before = await test.runtime.view(id);
  await test.restart();
  expect(await test.runtime.view(id)).toEqual(before);
  await test.stop();
  await Deno.remove(join(test.dataDir, "sessions", id, "snapshots"), { recursive: true });
  await Deno.remove(join(test.dataDir, "index.json"));
  await test.restart();
  expect(await test.runtime.view(id)).toEqual(before);
  expect((await test.runtime.list({ limit: 10 })).sessions).toEqual([before.state.summary]);
});

it("a snapshot of another version of the machines is not trusted", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, richScript);
  const before = await test.runtime.view(id);
  await test.stop();
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const log = await store.open(id);
  const snapshot = await log.snapshot();
  if (snapshot === null) throw new Error("There is no snapshot");
  const wrong = structuredClone(snapshot.state) as { session: { meta: { name: string } } };
  wrong.session.meta.name = "from another version";
  await log.putSnapshot({
    seq: snapshot.seq,
    machineVersion: "another",
    state: wrong as unknown as JsonObject,
  });
  await log.close();
  await store.close();
  await test.restart();
  expect(await test.runtime.view(id)).toEqual(before);
});

it("a session forks at any sequence, comes to rest, proves itself and runs no effect", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const ledger = join(test.workspace, "ledger");
  await test.turn(
    id,
    script(
      {
        calls: [bash(`echo ran >> ${ledger}`), {
          name: "Agent",
          args: { description: "s", prompt: `run \`echo ran >> ${ledger}\`` },
        }],
      },
      { text: "Done" },
    ),
  );
  const ran = await Deno.readTextFile(ledger);
  const { length } = await test.facts(id);
  for (let at = 1; at <= length; at++) {
    const { session_id } = await test.runtime.fork(id, at);
    const view = await test.runtime.view(session_id);
    expect(["idle", "interrupted", "failed"]).toContain(view.state.summary.status);
    expect(view.state).toMatchObject({ effects: {}, calls: {}, summary: { forked_from: id } });
    expect(await test.runtime.verify(session_id)).toMatchObject({ ok: true });
    expectOneResultEach(await test.facts(session_id));
    if (at % 5 === 0) expect((await test.turn(session_id, "help")).outcome).toBe("completed");
  }
  expect(await Deno.readTextFile(ledger)).toBe(ran);
  await expect(test.runtime.fork(id, length + 1)).rejects.toMatchObject({ code: "bad_request" });
});

it("a pending approval survives a restart and its answer is carried out", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  const inner = script({ calls: [bash("echo from the depth > out.txt")] }, { text: "inner" });
  await test.send(
    id,
    script({ calls: [{ name: "Agent", args: { description: "x", prompt: inner } }] }, { text: "outer" }),
  );
  const before = await until("the question", async () => (await test.runtime.approvals(id))[0] ?? null);
  expect(before.actor).toBe("main/agent:c2-1");
  await test.restart();
  expect(await test.runtime.approvals(id)).toEqual([before]);
  await test.runtime.command(id, {
    type: "call.answer",
    call_id: before.call_id,
    decision: "allow_once",
    digest: before.digest,
  }, "me");
  await until(
    "the end",
    async () =>
      (await test.facts(id)).find((fact) => fact.type === "turn.ended" && fact.actor === "main") ?? null,
  );
  expect(await Deno.readTextFile(join(test.workspace, "out.txt"))).toBe("from the depth\n");
});

it("a graceful stop records the turn as interrupted and leaves no process", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.send(id, script({ calls: [bash("echo $$ > pid; sleep 60")] }, { text: "never" }));
  await until("the command to run", () => written(join(test.workspace, "pid")));
  await test.restart();
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "interrupted" });
  const pid = Number(await Deno.readTextFile(join(test.workspace, "pid")));
  expect(() => Deno.kill(pid, "SIGCONT")).toThrow();
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

it("a known secret never reaches the log, whoever says it", async () => {
  const secret = "sk-very-secret-0123456789";
  test = await openTestRuntime({ secret });
  const id = await test.session();
  await test.turn(
    id,
    script({
      text: `the key is ${secret}`,
      calls: [bash(`echo ${secret}`), { name: "Write", args: { file_path: "k", content: `"${secret}"` } }],
    }, { text: "x" }),
  );
  const stored: string[] = [];
  for await (const path of filesBelow(join(test.dataDir, "sessions", id))) {
    stored.push(await Deno.readTextFile(path));
  }
  // What a command prints while it runs stays in its own private file, which no model and no client reads raw.
  expect(stored.filter((text) => text.includes('"seq"')).join("\n")).not.toContain(secret);
  expect(JSON.stringify(await test.facts(id))).toContain("[redacted: OPENAI_API_KEY]");
});

it("large values are blobs in the log and whole for whoever reads", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const content = "é".repeat(40_000);
  await test.turn(
    id,
    script({ calls: [{ name: "Write", args: { file_path: "a", content } }] }, { text: "x" }),
  );
  const proposed = await test.fact(id, "call.proposed");
  expect(proposed.data).toMatchObject({ args: { content } });
  const log = await Deno.readTextFile(join(test.dataDir, "sessions", id, "00000000000000000001.jsonl"));
  expect(log).toContain("$blob");
  expect(log.length).toBeLessThan(20_000);
});

it("arguments that look like our own markers come back as they were", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const args = {
    file_path: "a",
    content: "c",
    "$blob": "sha256-x",
    nested: { "$args_of": 3, "$literal": { "$blob": 1 } },
  };
  await test.turn(id, script({ calls: [{ name: "Write", args }] }, { text: "x" }));
  expect((await test.fact(id, "call.proposed")).data).toMatchObject({ args });
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a full disk refuses the command, loses nothing, serves reads, and works again when there is space", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.turn(id, "help");
  const before = await test.facts(id);
  disk.arm("no_space", 1, true);
  await expect(test.send(id, "help")).rejects.toMatchObject({ code: "storage_failed" });
  await expect(test.send(id, "help")).rejects.toMatchObject({ code: "storage_failed" });
  expect(await test.facts(id)).toEqual(before);
  expect((await test.runtime.view(id)).seq).toBe(before.length);
  disk.disarm();
  expect((await test.turn(id, "help")).outcome).toBe("completed");
  expect((await test.facts(id)).slice(0, before.length)).toEqual(before);
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a disk that fills up in the middle of a turn interrupts it, and the turn goes on by itself when there is space", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.send(id, script({ calls: [bash("sleep 0.4; echo x >> ran")] }, { text: "after" }));
  await test.fact(id, "call.started");
  disk.arm("no_space", 1, true);
  await until("the failed write", () => test.reports.some((line) => line.includes("space")) || null);
  disk.disarm();
  await until("the end", async () => (await test.types(id)).includes("turn.ended") || null);
  expectOneResultEach(await test.facts(id));
  expect((await Deno.readTextFile(join(test.workspace, "ran")).catch(() => "")).length).toBeLessThanOrEqual(
    2,
  );
});

it("a damaged log can be read up to the damage, is said, and is never written", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, richScript);
  const facts = await test.facts(id);
  await test.stop();
  const path = join(test.dataDir, "sessions", id, "00000000000000000001.jsonl");
  const bytes = await Deno.readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
  await Deno.remove(join(test.dataDir, "sessions", id, "snapshots"), { recursive: true });
  await Deno.remove(join(test.dataDir, "index.json"));
  await test.restart();
  await expect(test.send(id, "help")).rejects.toMatchObject({ code: "log_damaged" });
  const { events } = await test.runtime.events(id, 0, 10_000);
  expect(events.length).toBeGreaterThan(1);
  expect(events).toEqual(facts.slice(0, events.length));
  expect(test.reports.join("\n")).toContain("is damaged");
  expect((await test.runtime.list({ limit: 10 })).sessions[0]).toMatchObject({ status: "damaged" });
  expect(await Deno.readFile(path)).toEqual(bytes);
});

it("a session that used a provider this daemon has not says so and stays usable", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, "help");
  const { scriptedProvider } = await import("../../src/providers/scripted.ts");
  const other = { ...scriptedProvider(), name: "other" };
  await test.restart({ providers: registryOf([other]) });
  const result = await test.turn(id, "help");
  expect(result.outcome).toBe("failed");
  expect((await test.fact(id, "model.failed")).data).toMatchObject({ error: { code: "bad_config" } });
});

it("more sessions than are kept open stay usable, and come back as they were", async () => {
  test = await openTestRuntime();
  const ids: string[] = [];
  for (let n = 0; n < 150; n++) ids.push(await test.session());
  const first = ids[0] ?? "";
  await test.turn(first, "help");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  for (const id of [first, ...ids.slice(1, 5)]) expect((await test.runtime.verify(id)).ok).toBe(true);
  expect((await test.turn(first, "help")).outcome).toBe("completed");
  const page = await test.runtime.list({ limit: 100 });
  const rest = await test.runtime.list({ limit: 100, ...(page.next === null ? {} : { cursor: page.next }) });
  expect(new Set([...page.sessions, ...rest.sessions].map((session) => session.session_id))).toEqual(
    new Set(ids),
  );
});

function expectOneResultEach(facts: Fact[]): void {
  const results = new Map<string, number>();
  for (const fact of facts) {
    if (!isCallFact(fact)) continue;
    if (fact.type === "call.proposed") results.set(fact.data.call_id, 0);
    if (["call.finished", "call.failed", "call.denied", "call.interrupted"].includes(fact.type)) {
      results.set(fact.data.call_id, (results.get(fact.data.call_id) ?? 9) + 1);
    }
  }
  expect([...results.values()].every((count) => count === 1)).toBe(true);
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* filesBelow(join(folder, entry.name));
    else yield join(folder, entry.name);
  }
}
