// The daemon is killed with SIGKILL at random moments of a team of five: it comes to the same end as one that was not.
// The kills are spread over as many teams as it takes.
import { expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { Approval } from "../../src/protocol/http.ts";
import { type CrashDaemon, kills, openCrashDaemon, seedOr } from "../support/crash_daemon.ts";
import { pause, seeded } from "../support/daemon.ts";
import { script } from "../support/runtime.ts";
import { checkFive, five, membersInLedger, tasks } from "../support/team_scenario.ts";

const seed = seedOr(20_261_121);
/** Teams that may end before they are killed often enough. */
const teamsMax = kills + 3;
const killsOfOneMax = 3;

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
  const daemon = await openCrashDaemon();
  try {
    const id = await daemon.session();
    for (const { id: call, args } of tasks) {
      await daemon.post(id, "/tools", { tool_call: { name: "TaskCreate", args }, id: call });
    }
    const begin = () => beginTeam(daemon, id, led);
    const first = await begin();
    let killed = 0;
    let asked: Approval | undefined;
    let stalled = 0;
    for (;;) {
      const before = progress(await daemon.events(id));
      await pause(40 + random() * 500);
      let facts = await daemon.events(id);
      // After three crashes in a row on the same work it waits for a person, as it should: that is another test.
      while (stalled >= 2 && progress(facts) === before && !isOver(facts)) {
        await pause(30);
        facts = await daemon.events(id);
      }
      asked = await stillAsked(daemon, id, asked, facts);
      // The person takes their time: the approval outlives all kills but the last ones.
      if (asked !== undefined && (killed >= killsMax - 1 || othersAreDone(facts))) {
        await daemon.allow(id, asked);
      }
      if (isOver(facts)) break;
      if (killed >= killsMax) continue;
      stalled = progress(facts) === before ? stalled + 1 : 0;
      await daemon.killAndStart();
      killed += 1;
    }
    if (led) await turnEnded(daemon, id);
    expect(await begin()).toBe(first);
    const facts = await daemon.events(id);
    checkFive(facts);
    checkLedger(Deno.readTextFileSync(join(daemon.workspace, "ledger")), facts);
    await daemon.expectProven(id);
    return killed;
  } finally {
    await daemon.close();
  }
}

/** What names the beginning: the same when it is asked for again. */
async function beginTeam(daemon: CrashDaemon, id: string, led: boolean): Promise<unknown> {
  if (!led) {
    return (await daemon.post<{ team: string }>(id, "/teams?id=five", five)).team;
  }
  // The spec is JSON.
  const args = JSON.parse(JSON.stringify(five));
  const message = script({ calls: [{ name: "Team", args }] }, { text: "the team is done" });
  return (await daemon.post<{ seq: number }>(id, "/messages", { id: "go", message })).seq;
}

/** The call that waited has its one result, and the turn went on with it. */
async function turnEnded(daemon: CrashDaemon, id: string): Promise<void> {
  await daemon.turnEnd(id);
  const facts = await daemon.events(id);
  const results = facts.filter(({ type, actor }) => type === "call.finished" && actor === "main");
  const own = results.filter(({ data }) => JSON.stringify(data).includes('"Team"'));
  expect(own.map(({ data }) => JSON.stringify(data).includes("The team ended, completed"))).toEqual([true]);
}

/** What was asked once is asked still, with the same words and digest, until it is answered. */
async function stillAsked(
  daemon: CrashDaemon,
  id: string,
  before: Approval | undefined,
  facts: readonly EventEnvelope[],
): Promise<Approval | undefined> {
  const approvals = await daemon.approvals(id);
  if (before !== undefined && !facts.some(({ type }) => type === "call.approved")) {
    expect(approvals).toEqual([before]);
  }
  return approvals[0];
}

function isOver(facts: readonly EventEnvelope[]): boolean {
  return facts.some(({ type }) => type === "team.finished");
}

function othersAreDone(facts: readonly EventEnvelope[]): boolean {
  return facts.filter(({ type }) => type === "team.work_done").length >= five.members.length - 1;
}

/** Facts but for those that each start of a daemon writes. */
function progress(facts: readonly EventEnvelope[]): number {
  const ofStarts = ["session.owned", "agent.resumed", "model.called", "call.started"];
  return facts.filter(({ type }) => !ofStarts.includes(type)).length;
}

/** No command ran twice; one that is not in the ledger was interrupted, or failed, before it could write. */
function checkLedger(ledger: string, facts: readonly EventEnvelope[]): void {
  const lines = ledger.trim().split("\n").sort();
  expect(new Set(lines).size, "a command ran twice").toBe(lines.length);
  for (const who of membersInLedger.filter((name) => !lines.includes(name))) {
    const calls = facts.filter(({ actor, type, data }) =>
      actor.endsWith(`:${who}`) && type.startsWith("call.") && data["name"] === "Bash"
    );
    const ends = calls.map(({ type }) => type);
    expect(ends.includes("call.interrupted") || ends.includes("call.failed"), JSON.stringify(calls)).toBe(
      true,
    );
  }
}
