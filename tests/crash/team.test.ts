// The daemon is killed with SIGKILL at random moments of a team of five: it comes to the same end as one that was not.
// JAMEY_CRASH_KILLS=n kills n times (5 in CI), over as many teams as it takes; JAMEY_CRASH_SEED=n repeats a run.
import { afterAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { Approval, VerifyReport } from "../../src/protocol/http.ts";
import { type DaemonProcess, pause, seeded, startDaemonProcess, until } from "../support/daemon.ts";
import { script } from "../support/runtime.ts";
import { checkFive, five, membersInLedger, tasks } from "../support/team_scenario.ts";

const kills = Number(Deno.env.get("JAMEY_CRASH_KILLS") ?? 5);
const seed = Number(Deno.env.get("JAMEY_CRASH_SEED") ?? 20_261_121);
/** Teams that may end before they are killed often enough. */
const teamsMax = kills + 3;
const killsOfOneMax = 3;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) Deno.removeSync(folder, { recursive: true });
});

it(`a team of five survives ${kills} SIGKILLs at random moments (seed ${seed})`, {
  timeout: 60_000 + kills * 15_000,
}, async () => {
  const random = seeded(seed);
  let done = 0;
  let teams = 0;
  while (done < kills && teams < teamsMax) {
    // By turns a person begins it, or the agent whose call waits for it.
    done += await liveThrough(random, {
      killsMax: Math.min(kills - done, killsOfOneMax),
      led: teams % 2 === 1,
    });
    teams += 1;
  }
  expect(done).toBe(kills);
  console.log(`seed ${seed}: ${done} kills of ${teams} teams`);
});

/** One team from its beginning to its end; how often it was killed. */
async function liveThrough(
  random: () => number,
  { killsMax, led }: { killsMax: number; led: boolean },
): Promise<number> {
  const folder = Deno.makeTempDirSync({ prefix: "jamey-crash-" });
  folders.push(folder);
  const [dataDir, workspace] = [join(folder, "data"), join(folder, "work")];
  Deno.mkdirSync(workspace);
  let daemon = await startDaemonProcess({ dataDir });
  try {
    const body = { workspace, permission_mode: "bypassPermissions" };
    const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
    for (const { id: call, args } of tasks) {
      await daemon.request("POST", `/sessions/${id}/tools`, {
        tool_call: { name: "TaskCreate", args },
        id: call,
      });
    }
    const begin = () => beginTeam(daemon, id, led);
    const first = await begin();
    let killed = 0;
    let asked: Approval | undefined;
    let stalled = 0;
    for (;;) {
      const before = progress(await factsOf(daemon, id));
      await pause(40 + random() * 500);
      let facts = await factsOf(daemon, id);
      // After three crashes in a row on the same work it waits for a person, as it should: that is another test.
      while (stalled >= 2 && progress(facts) === before && !isOver(facts)) {
        await pause(30);
        facts = await factsOf(daemon, id);
      }
      asked = await stillAsked(daemon, id, asked, facts);
      // The person takes their time: the approval outlives all kills but the last ones.
      if (asked !== undefined && (killed >= killsMax - 1 || othersAreDone(facts))) {
        await approve(daemon, id, asked);
      }
      if (isOver(facts)) break;
      if (killed >= killsMax) continue;
      stalled = progress(facts) === before ? stalled + 1 : 0;
      await daemon.end("SIGKILL");
      killed += 1;
      daemon = await startDaemonProcess({ dataDir });
    }
    if (led) await turnEnded(daemon, id);
    expect(await begin()).toBe(first);
    const facts = await factsOf(daemon, id);
    checkFive(facts);
    checkLedger(Deno.readTextFileSync(join(workspace, "ledger")), facts);
    expect(await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`)).toMatchObject({ ok: true });
    return killed;
  } finally {
    await daemon.end("SIGKILL");
  }
}

/** What names the beginning: the same when it is asked for again. */
async function beginTeam(daemon: DaemonProcess, id: string, led: boolean): Promise<unknown> {
  if (!led) {
    return (await daemon.request<{ team: string }>("POST", `/sessions/${id}/teams?id=five`, five)).team;
  }
  // The spec is JSON.
  const args = JSON.parse(JSON.stringify(five));
  const message = script({ calls: [{ name: "Team", args }] }, { text: "the team is done" });
  return (await daemon.request<{ seq: number }>("POST", `/sessions/${id}/messages`, { id: "go", message }))
    .seq;
}

/** The call that waited has its one result, and the turn went on with it. */
async function turnEnded(daemon: DaemonProcess, id: string): Promise<void> {
  const facts = await until("the end of the turn", async () => {
    const all = await factsOf(daemon, id);
    return all.some(({ type, actor }) => type === "turn.ended" && actor === "main") ? all : null;
  });
  const results = facts.filter(({ type, actor }) => type === "call.finished" && actor === "main");
  const own = results.filter(({ data }) => JSON.stringify(data).includes('"Team"'));
  expect(own.map(({ data }) => JSON.stringify(data).includes("The team ended, completed"))).toEqual([true]);
}

async function factsOf(daemon: DaemonProcess, id: string): Promise<Fact[]> {
  return (await daemon.request<{ events: Fact[] }>("GET", `/sessions/${id}/events?after=0&limit=1000`))
    .events;
}

/** What was asked once is asked still, with the same words and digest, until it is answered. */
async function stillAsked(
  daemon: DaemonProcess,
  id: string,
  before: Approval | undefined,
  facts: readonly Fact[],
): Promise<Approval | undefined> {
  const { approvals } = await daemon.request<{ approvals: Approval[] }>("GET", `/sessions/${id}/approvals`);
  if (before !== undefined && !facts.some(({ type }) => type === "call.approved")) {
    expect(approvals).toEqual([before]);
  }
  return approvals[0];
}

async function approve(daemon: DaemonProcess, id: string, { call_id, digest }: Approval): Promise<void> {
  const answer = { decision: "allow_once", digest };
  await daemon.request("POST", `/sessions/${id}/approvals/${call_id}`, answer);
}

function isOver(facts: readonly Fact[]): boolean {
  return facts.some(({ type }) => type === "team.finished");
}

function othersAreDone(facts: readonly Fact[]): boolean {
  return facts.filter(({ type }) => type === "team.work_done").length >= five.members.length - 1;
}

/** Facts but for those that each start of a daemon writes. */
function progress(facts: readonly Fact[]): number {
  const ofStarts = ["session.owned", "agent.resumed", "model.called", "call.started"];
  return facts.filter(({ type }) => !ofStarts.includes(type)).length;
}

/** No command ran twice; one that is not in the ledger was interrupted before it could write. */
function checkLedger(ledger: string, facts: readonly Fact[]): void {
  const lines = ledger.trim().split("\n").sort();
  expect(new Set(lines).size, "a command ran twice").toBe(lines.length);
  const missing = membersInLedger.filter((who) => !lines.includes(who));
  const interrupted = facts.filter(({ type }) => type === "call.interrupted").length;
  expect(missing.length).toBeLessThanOrEqual(interrupted);
}
