// Compute, append, sync, make visible, acknowledge, start effects: in this order, and not otherwise.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { mailboxMax } from "../../actors/session_actor.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession } from "../../machines/session_state.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import type { Disk, DiskFile } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { pause, until } from "../support/daemon.ts";
import { openFaultDisk } from "../support/fault_disk.ts";
import { checkedMachineVersion } from "../../machines/version.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { createdData } from "../support/story.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

let test: TestRuntime;
afterEach(() => test.close());

const touch = (file: string) =>
  script({ calls: [{ name: "Bash", args: { command: `touch ${file}` } }] }, { text: "done" });

/** A real disk whose syncs wait until they are let go. */
function openGatedDisk(inner: Disk): Disk & { hold(): void; letGo(): void; readonly waiting: number } {
  let gate: { open: Promise<void>; letGo: () => void } | null = null;
  let waiting = 0;
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    sync: async () => {
      waiting += 1;
      await gate?.open;
      waiting -= 1;
      await file.sync();
    },
  });
  return {
    ...inner,
    open: (...args: Parameters<Disk["open"]>) => wrap(inner.open(...args)),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = { open: promise, letGo: resolve };
    },
    letGo: () => {
      gate?.letGo();
      gate = null;
    },
    get waiting() {
      return waiting;
    },
  };
}

it("before its sync a fact is not acknowledged, not visible, and its effect has not begun", async () => {
  const disk = openGatedDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  const seen: number[] = [];
  await test.runtime.subscribe(id, {
    event: (fact) => seen.push(fact.seq),
    delta: () => {},
    closed: () => {},
  });
  disk.hold();
  let acknowledged = false;
  const sending = test.send(id, touch("ran")).then(() => acknowledged = true);
  await until("the sync to begin", () => disk.waiting > 0 || null);
  await pause(150);
  expect({ acknowledged, seen }).toEqual({ acknowledged: false, seen: [] });
  expect(await test.types(id)).toEqual(["session.created"]);
  expect(await test.runtime.view(id)).toMatchObject({ seq: 1, conversation: [] });
  disk.letGo();
  await sending;
  await test.fact(id, "turn.ended");
  expect(seen[0]).toBe(2);
});

it("an unsafe call does not begin before its start is on disk", async () => {
  const disk = openGatedDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session("default");
  await test.send(id, touch("ran"));
  await test.fact(id, "call.approval_requested");
  await test.runtime.command(id, { type: "call.answer", call_id: "c2-1", decision: "allow_once" }, "me");
  disk.hold();
  await until("the sync of the start", () => disk.waiting > 0 || null);
  await pause(150);
  await expect(Deno.stat(join(test.workspace, "ran"))).rejects.toThrow();
  disk.letGo();
  await test.fact(id, "turn.ended");
  await Deno.stat(join(test.workspace, "ran"));
});

it("when a sync fails nothing is acknowledged, and what anyone saw is in the log that is opened next", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.turn(id, "help");
  const seen: Fact[] = [];
  let closed = "";
  await test.runtime.subscribe(id, {
    event: (fact) => seen.push(fact),
    delta: () => {},
    closed: (why) => closed = why,
  });
  disk.arm("sync", 1);
  await expect(test.send(id, touch("ran"))).rejects.toMatchObject({ code: "storage_failed" });
  expect(seen).toEqual([]);
  expect(closed).not.toBe("");
  expect(disk.syncRetries).toBe(0);
  await expect(Deno.stat(join(test.workspace, "ran"))).rejects.toThrow();
  disk.disarm();
  expect((await test.turn(id, "help")).outcome).toBe("completed");
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a large value that the disk refuses takes nothing else with it", async () => {
  const disk = openFaultDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  await test.turn(id, "help");
  disk.arm("no_space", 1);
  await expect(test.send(id, "x".repeat(100_000))).rejects.toMatchObject({ code: "storage_failed" });
  disk.disarm();
  expect((await test.turn(id, "help")).outcome).toBe("completed");
  expect((await test.types(id)).filter((type) => type === "message.received")).toHaveLength(2);
});

it("a clock that goes back does not take the times of facts with it", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const now = Date.now;
  try {
    Date.now = () => now() - 3_600_000;
    await test.turn(id, "help");
  } finally {
    Date.now = now;
  }
  const times = (await test.facts(id)).map((fact) => fact.at);
  expect(times).toEqual([...times].sort());
});

it("a model request that is not the one that was sent is found", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await test.turn(id, "help");
  const { scriptedProvider } = await import("../../src/providers/scripted.ts");
  const other: Provider = {
    ...scriptedProvider(),
    encode: (request) => ({ ...scriptedProvider().encode(request), more: 1 }),
  };
  await test.restart({ providers: registryOf([other]) });
  const report = await test.runtime.verify(id);
  expect(report).toMatchObject({ ok: false, diverged: { seq: 3, what: "request" } });
  expect((await test.runtime.request(id, "last")).matches).toBe(false);
  await test.restart();
});

it("a log that does not fold to what it says is read-only, and the record is named", async () => {
  test = await openTestRuntime();
  await test.stop();
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const at = "2026-01-01T00:00:00.000Z";
  const machine_version = checkedMachineVersion();
  const drafts: FactDraft[] = [
    {
      actor: "main",
      type: "session.created",
      data: createdData({ session_id: "tampered", machine_version }),
    },
    { actor: "main", type: "session.renamed", data: { name: "one" } },
    { actor: "main", type: "session.renamed", data: { name: "two" } },
  ];
  let state = emptySession;
  const records = drafts.map((draft, index) => {
    const step = stepSession(state, { ...draft, seq: index + 1, at, v: 1 });
    if (step.ignored) throw new Error(step.why);
    state = step.state;
    const post = index === 1 ? "00000000" : step.post;
    // Fact data is JSON by its schemas.
    const data = draft.data as unknown as JsonObject;
    return { seq: index + 1, at, epoch: 1, actor: "main", type: draft.type, v: 1, data, post };
  });
  const log = await store.create("tampered", 1, records);
  await log.close();
  await store.close();
  await test.restart();
  await expect(test.send("tampered", "help")).rejects.toMatchObject({
    code: "log_damaged",
    message: expect.stringContaining("record 2"),
  });
  expect(await test.runtime.verify("tampered")).toMatchObject({
    ok: false,
    diverged: { seq: 2, expected: "00000000" },
  });
  expect((await test.runtime.view("tampered")).seq).toBe(1);
});

it("a hundred commands at once get gap-free numbers in the order of their acknowledgement", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const { seq } = await test.runtime.command(id, { type: "session.rename", name: `n${n}` }, "me");
    order.push(seq);
  }));
  expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
});

it("a mailbox that is full refuses, and what it had taken is carried out", async () => {
  const disk = openGatedDisk(openDenoDisk());
  test = await openTestRuntime({ disk });
  const id = await test.session();
  disk.hold();
  // Its blob waits for the disk, and everything after it waits in the mailbox.
  const large = test.send(id, "x".repeat(100_000));
  await until("the sync of the blob", () => disk.waiting > 0 || null);
  const more = 50;
  const answers = Promise.allSettled(
    Array.from(
      { length: mailboxMax + more },
      (_, n) => test.runtime.command(id, { type: "session.rename", name: `n${n}` }, "me"),
    ),
  );
  await pause(200);
  disk.letGo();
  await large;
  const refused = (await answers).filter((answer) => answer.status === "rejected");
  expect(refused).toHaveLength(more);
  for (const answer of refused) expect(answer.reason).toMatchObject({ code: "too_many_requests" });
  const renamed = (await test.types(id)).filter((type) => type === "session.renamed");
  expect(renamed.length).toBeGreaterThan(0);
  expect((await test.runtime.view(id)).state.summary.name).toBe(`n${mailboxMax - 1}`);
});
