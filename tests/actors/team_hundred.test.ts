// A hundred members in one session of a real daemon.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact, FactOf } from "../../src/protocol/facts.ts";
import type { VerifyReport } from "../../src/protocol/http.ts";
import { type DaemonProcess, startDaemonProcess, until } from "../support/daemon.ts";
import { script } from "../support/runtime.ts";

const members = 100;
const residentMbMax = 400;
/** Far below the time of a turn. The 50 ms of the promise are for `npm run bench -- --only mail`: here others use the machine. */
const mailMsMax = 1_000;

let folder = "";
let daemon: DaemonProcess;
afterEach(async () => {
  await daemon.end("SIGKILL");
  await Deno.remove(folder, { recursive: true });
});

it(`a team of ${members} members that all write to each other ends well, in less than ${residentMbMax} MB`, {
  timeout: 120_000,
}, async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-hundred-" });
  await Deno.mkdir(join(folder, "work"));
  daemon = await startDaemonProcess({ dataDir: join(folder, "data") });
  const body = { workspace: join(folder, "work"), permission_mode: "bypassPermissions" };
  const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
  await daemon.request("POST", `/sessions/${id}/teams`, {
    name: "many",
    goal: "write to each other",
    members: Array.from({ length: members }, (_, n) => ({ name: `m${n}`, prompt: promptOf(n) })),
  });
  const facts = await until("the end of the team", () => ended(id), 110_000);
  const end = facts.find((fact): fact is FactOf<"team.finished"> => fact.type === "team.finished");
  expect(end?.data).toMatchObject({ outcome: "completed" });
  const mail = facts.filter((fact): fact is FactOf<"team.message_sent"> => fact.type === "team.message_sent");
  expect(mail).toHaveLength(members * 2);
  expect(new Set(mail.map(({ data }) => data.message_id)).size).toBe(members * 2);
  expect(await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`)).toMatchObject({ ok: true });
  const peak = await peakMb(daemon.pid);
  const p99 = mailP99(facts);
  console.log(`${facts.length} facts, ${peak ?? "unknown"} MB at the most, mail p99 ${p99} ms`);
  if (peak !== null) expect(peak).toBeLessThan(residentMbMax);
  expect(p99).toBeLessThan(mailMsMax);
});

/** Each writes to two others, at different times, and all are done only when their mail is out. */
function promptOf(n: number): string {
  const to = (step: number) => ({
    text: "I write",
    delay_ms: 300 + (n * 37 * step) % 2_000,
    calls: [{ name: "SendMessage", args: { to: `m${(n + step) % members}`, message: `from ${n}` } }],
  });
  const wait = { text: "a little while", delay_ms: 4_000, calls: [{ name: "TaskList", args: {} }] };
  return script(to(1), to(7), wait, { calls: [{ name: "WorkDone", args: { summary: `m${n} is done` } }] }, {
    text: "over",
  });
}

async function ended(id: string): Promise<Fact[] | null> {
  const { teams } = await daemon.request<{ teams: { state: string }[] }>("GET", `/sessions/${id}/teams`);
  return teams[0]?.state === "running" ? null : await factsOf(id);
}

async function factsOf(id: string): Promise<Fact[]> {
  const all: Fact[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const page = await daemon.request<{ events: Fact[] }>(
      "GET",
      `/sessions/${id}/events?after=${after}&limit=1000`,
    );
    if (page.events.length === 0) return all;
    all.push(...page.events);
  }
}

/** The most that the process ever held; null where the system does not say. */
async function peakMb(pid: number): Promise<number | null> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(status) ?? [];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
}

/** From the moment at which mail is there, and its reader between two model calls, to the model call that reads it. */
function mailP99(facts: readonly Fact[]): number {
  const waits: number[] = [];
  for (const mail of facts) {
    if (mail.type !== "team.message_sent") continue;
    for (const path of mail.data.to) {
      const read = facts.find(({ type, actor, seq }) =>
        type === "model.called" && actor === path && seq > mail.seq
      );
      if (read === undefined) continue;
      const boundary = facts.findLast(({ type, actor, seq }) =>
        seq < read.seq && actor === path &&
        /^(call\.(finished|failed)|turn\.ended|agent\.started)$/.test(type)
      );
      const from = Math.max(Date.parse(mail.at), Date.parse(boundary?.at ?? mail.at));
      waits.push(Math.max(0, Date.parse(read.at) - from));
    }
  }
  waits.sort((a, b) => a - b);
  return waits[Math.floor(waits.length * 0.99)] ?? 0;
}
