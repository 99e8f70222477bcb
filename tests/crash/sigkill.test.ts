// The daemon is killed with SIGKILL at random moments of a session, again and again.
// JAMEY_CRASH_SESSIONS=n runs n sessions of 20 rounds (1 in CI); JAMEY_CRASH_SEED=n repeats one.
import { afterAll, expect, it } from "vitest";
import { join } from "node:path";
import { type EventEnvelope, serverFrame } from "../support/frames.ts";
import {
  type DaemonProcess,
  pause,
  removeFolder,
  seeded,
  startDaemonProcess,
  until,
} from "../support/daemon.ts";
import { startModelServer } from "../support/model_server.ts";
import { replyOf } from "../support/model_server_main.ts";
import type { SessionView, VerifyReport } from "../../src/protocol/http.ts";

const rounds = 20;
const sessions = Number(Deno.env.get("JAMEY_CRASH_SESSIONS") ?? 1);
const firstSeed = Number(Deno.env.get("JAMEY_CRASH_SEED") ?? 20_261_120);
/** From the restarted daemon's announcement to the fact that it has taken the session up again. */
const resumeMsMax = 2_000;

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await removeFolder(folder);
});

for (let n = 0; n < sessions; n++) {
  const seed = firstSeed + n;
  it(
    `a session of ${rounds} rounds survives SIGKILL at random moments (seed ${seed})`,
    { timeout: 240_000 },
    async () => {
      const result = await killAndRestart(seed);
      console.log(
        `seed ${seed}: ${result.kills} kills, ${result.acknowledged} acknowledged facts, 0 lost, ${result.ran} commands ran once, ` +
          `${result.interrupted} interrupted, ${result.adopted} adopted after a restart, resumed within ${result.resumeMs} ms`,
      );
    },
  );
}

async function killAndRestart(seed: number) {
  const random = seeded(seed);
  const folder = Deno.makeTempDirSync({ prefix: "jamey-crash-" });
  folders.push(folder);
  const [dataDir, workspace, ledger] = [
    join(folder, "data"),
    join(folder, "work"),
    join(folder, "work", "ledger"),
  ];
  Deno.mkdirSync(workspace);
  Deno.writeTextFileSync(ledger, "");
  const scenario = {
    rounds,
    calls_per_round: 2,
    tool: "Bash",
    args: { command: `echo "{round}.{call}" >> "${ledger}"; sleep 0.08; echo ran {round}.{call}` },
    text: "Round {round} of many, with some words.",
    final: "All done.",
    chunk_delay_ms: 4,
    port: 0,
  };
  const model = startModelServer({ reply: (request) => replyOf(scenario, request) });
  const env = { OPENAI_API_KEY: "test-key-of-a-crash-test", LLM_BASE_URL: model.url, LLM_MODEL: "m" };
  const seen = new Map<number, string>();
  let daemon = await startDaemonProcess({ dataDir, env });
  const body = { workspace, permission_mode: "bypassPermissions" };
  const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
  const accepted = await daemon.request<{ seq: number }>("POST", `/sessions/${id}/messages`, {
    message: "go",
    id: "m1",
  });
  let kills = 0;
  let resumeMs = 0;
  let stalled = 0;
  let begun = 0;
  try {
    for (;;) {
      const tail = watch(daemon, id, seen);
      let ended = await endsWithin(seen, 60 + random() * 700);
      // After three recoveries in a row without progress a turn is parked, as it should be: that is another test.
      while (!ended && stalled >= 2 && progress([...seen.values()]) <= begun) {
        ended = await endsWithin(seen, 50);
      }
      if (ended) break;
      await daemon.end("SIGKILL");
      await tail;
      kills += 1;
      const before = Math.max(0, ...seen.keys());
      daemon = await startDaemonProcess({ dataDir, env });
      resumeMs = Math.max(resumeMs, await resumed(daemon, id, before));
      // What the log says, not what was seen of it before the kill.
      const logged = (await everythingSeenIsThere(daemon, id, seen)).map((fact) => JSON.stringify(fact));
      begun = progress(logged);
      stalled = logged.slice(logged.findLastIndex(isProgress) + 1)
        .filter((fact) => fact.includes('"session.owned"')).length;
    }
    // The same message id again is the same message.
    const again = await daemon.request<{ seq: number }>("POST", `/sessions/${id}/messages`, {
      message: "go",
      id: "m1",
    });
    expect(again.seq).toBe(accepted.seq);
    const facts = await everythingSeenIsThere(daemon, id, seen);
    const calls = checkCalls(facts);
    const lines = Deno.readTextFileSync(ledger).trim().split("\n").filter((line) => line !== "");
    expect(lines.length, "a shell command ran twice").toBe(new Set(lines).size);
    expect(lines.length + calls.interrupted).toBeGreaterThanOrEqual(rounds * 2);
    expect(model.orphans).toEqual([]);
    const report = await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`);
    expect(report).toMatchObject({ ok: true, diverged: null });
    const view = await daemon.request<SessionView>("GET", `/sessions/${id}`);
    expect(view.state.summary.status).toBe("idle");
    expect(kills).toBeGreaterThan(3);
    expect(resumeMs).toBeLessThanOrEqual(resumeMsMax);
    return { kills, acknowledged: seen.size, ran: lines.length, resumeMs, ...calls };
  } finally {
    await daemon.end("SIGTERM");
    await model.close();
  }
}

/** Follows the session over a socket until the daemon dies; every frame that arrives was acknowledged. */
async function watch(daemon: DaemonProcess, id: string, seen: Map<number, string>): Promise<void> {
  const url = `${daemon.url.replace("http", "ws")}/sessions/${id}/ws?after=${
    Math.max(0, ...seen.keys())
  }&deltas=false`;
  const socket = new WebSocket(url, ["jamey.v1", `jamey.bearer.${daemon.token}`]);
  await new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      const frame = serverFrame.parse(JSON.parse(data));
      if (frame.type === "event") seen.set(frame.event.seq, JSON.stringify(frame.event));
    };
    socket.onclose = () => resolve();
    socket.onerror = () => resolve();
  });
}

/** How many facts the daemon counts as progress. */
function isProgress(fact: string): boolean {
  return /"(model\.replied|call\.finished|call\.failed)"/.test(fact);
}

function progress(facts: readonly string[]): number {
  return facts.filter(isProgress).length;
}

async function endsWithin(seen: Map<number, string>, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    if ([...seen.values()].some((event) => event.includes('"turn.ended"'))) return true;
    await pause(5);
  }
  return false;
}

/** Waits, without asking for anything, until the daemon has taken the session up; how long that took by the log's own clock. */
async function resumed(daemon: DaemonProcess, id: string, before: number): Promise<number> {
  return await until("the session to go on by itself", async () => {
    const events = await allEvents(daemon, id);
    if (events.some((event) => event.type === "turn.ended")) return 0;
    const owned = events.find((event) => event.seq > before && event.type === "session.owned");
    if (owned === undefined) return null;
    return Math.max(0, Date.parse(owned.at) - Date.parse(daemon.file.started_at));
  });
}

async function allEvents(daemon: DaemonProcess, id: string): Promise<EventEnvelope[]> {
  const page = await daemon.request<{ events: EventEnvelope[] }>(
    "GET",
    `/sessions/${id}/events?after=0&limit=1000`,
  );
  return page.events;
}

async function everythingSeenIsThere(
  daemon: DaemonProcess,
  id: string,
  seen: Map<number, string>,
): Promise<EventEnvelope[]> {
  const events = await allEvents(daemon, id);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  for (const [seq, event] of seen) expect(JSON.stringify(events[seq - 1])).toBe(event);
  return events;
}

/** Every proposed call has exactly one result. */
function checkCalls(facts: EventEnvelope[]): { interrupted: number; adopted: number } {
  const ends = ["call.finished", "call.failed", "call.denied", "call.interrupted"];
  const results = new Map<string, string[]>();
  for (const { type, data } of facts) {
    const id = String(data.call_id);
    if (type === "call.proposed") results.set(id, []);
    if (ends.includes(type)) results.get(id)?.push(type);
  }
  for (const [id, types] of results) expect(types, `results of call ${id}`).toHaveLength(1);
  const running = new Set<string>();
  const outlived = new Set<string>();
  let adopted = 0;
  for (const { type, data } of facts) {
    const id = String(data.call_id);
    if (type === "call.started") running.add(id);
    if (type === "session.owned") { for (const call of running) outlived.add(call); }
    if (type === "call.finished" && outlived.has(id)) adopted += 1;
    if (ends.includes(type)) running.delete(id);
  }
  return {
    interrupted: [...results.values()].flat().filter((type) => type === "call.interrupted").length,
    adopted,
  };
}
