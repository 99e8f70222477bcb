// One session in which everything is at work at once, while its daemon is killed at random points: it comes to the same end.
// The kills are spread over as many sessions as it takes.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { PendingQuestion } from "../../src/protocol/http.ts";
import { type CrashDaemon, kills, openCrashDaemon, seedOr } from "../support/crash_daemon.ts";
import { pause, seeded } from "../support/daemon.ts";
import { everything, graph } from "../support/crew_scenes.ts";
import { doubled, isAtRest, outcomeOf } from "../support/crew_ends.ts";

const seed = seedOr(20_261_123);
/** More in a row, without progress, is what a session is parked for: that is another test. */
const killsOfOneMax = 3;
const runMsMax = 60_000;
const pollMs = 20;
const killWithinMs = 350;

let daemon: CrashDaemon;
afterEach(() => daemon.close());

it(`a session with everything in it comes to the same end over ${kills} SIGKILLs (seed ${seed})`, {
  timeout: 60_000 + kills * 15_000,
}, async () => {
  const random = seeded(seed);
  daemon = await openCrashDaemon();
  const expected = outcomeOf((await live(0, random, 0)).facts);
  expect(expected.bad).toEqual([]);
  for (let done = 0, run = 1; done < kills; run++) {
    expect(run, "sessions that ended before they were killed").toBeLessThan(kills + 4);
    const { facts, killed } = await live(run, random, Math.min(killsOfOneMax, kills - done));
    expect(outcomeOf(facts)).toEqual(expected);
    done += killed;
  }
});

/** One session from its beginning to its rest, killed so often at most. */
async function live(
  run: number,
  random: () => number,
  killsMax: number,
): Promise<{ facts: EventEnvelope[]; killed: number }> {
  const workspace = join(daemon.workspace, `${run}`);
  await Deno.mkdir(workspace);
  const id = await daemon.session({ workspace, permission_mode: "default" });
  await daemon.post(id, "/workflows", { definition: graph });
  await daemon.post(id, "/messages", { message: everything });
  const deadline = Date.now() + runMsMax;
  let nextKill = Date.now() + random() * killWithinMs;
  let killed = 0;
  for (;;) {
    const { state } = await daemon.view(id);
    if (isAtRest(state)) break;
    if (Date.now() > deadline) throw new Error(`It does not end: ${JSON.stringify(state)}`);
    if (killed < killsMax && Date.now() >= nextKill) {
      const asked = state.approvals.map(({ call_id }) => call_id);
      await daemon.killAndStart();
      killed += 1;
      nextKill = Date.now() + random() * killWithinMs;
      const after = (await daemon.view(id)).state.approvals.map(({ call_id }) => call_id);
      expect(after, "what was asked before the kill is asked after it").toEqual(
        expect.arrayContaining(asked),
      );
      continue;
    }
    // A person takes their time, so that a kill may come first.
    if (random() < 0.1 || killed === killsMax) await answer(id);
    await pause(pollMs);
  }
  const facts = await daemon.events(id);
  expect(doubled(facts)).toEqual([]);
  await daemon.expectProven(id);
  // A command that a kill cut short is not run again: it is there once at most.
  const ledger = await Deno.readTextFile(join(workspace, "ledger")).catch(() => "");
  expect(["", "deep\n"]).toContain(ledger);
  return { facts, killed };
}

async function answer(id: string): Promise<void> {
  for (const asked of await daemon.approvals(id)) await daemon.allow(id, asked);
  const { questions } = await daemon.get<{ questions: PendingQuestion[] }>(id, "/questions");
  for (const { call_id } of questions) {
    const body = { answers: [{ selected: ["left"] }] };
    await daemon.post(id, `/questions/${call_id}`, body);
  }
}
