// One session in which everything is at work at once, while its daemon is killed at random points: it comes to the same end.
// JAMEY_CRASH_KILLS=n kills n times (5 in CI), over as many sessions as it takes; JAMEY_CRASH_SEED=n repeats a run.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { Approval, PendingQuestion, SessionView, VerifyReport } from "../../src/protocol/http.ts";
import { type DaemonProcess, pause, seeded, startDaemonProcess } from "../support/daemon.ts";
import { everything, graph } from "../support/crew_scenes.ts";
import { doubled, isAtRest, outcomeOf } from "../support/crew_ends.ts";

const kills = Number(Deno.env.get("JAMEY_CRASH_KILLS") ?? 5);
const seed = Number(Deno.env.get("JAMEY_CRASH_SEED") ?? 20_261_123);
/** More in a row, without progress, is what a session is parked for: that is another test. */
const killsOfOneMax = 3;
const runMsMax = 60_000;
const pollMs = 20;
const killWithinMs = 350;

let folder = "";
let daemon: DaemonProcess;
afterEach(async () => {
  await daemon.end("SIGKILL");
  await Deno.remove(folder, { recursive: true });
});

const start = async () => void (daemon = await startDaemonProcess({ dataDir: join(folder, "data") }));
const get = <T>(id: string, rest = "") => daemon.request<T>("GET", `/sessions/${id}${rest}`);
const events = async (id: string) =>
  (await get<{ events: EventEnvelope[] }>(id, "/events?after=0&limit=1000")).events;

it(`a session with everything in it comes to the same end over ${kills} SIGKILLs (seed ${seed})`, {
  timeout: 60_000 + kills * 15_000,
}, async () => {
  const random = seeded(seed);
  folder = await Deno.makeTempDir({ prefix: "jamey-crash-" });
  await start();
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
  const workspace = join(folder, `work-${run}`);
  await Deno.mkdir(workspace);
  const body = { workspace, permission_mode: "default" };
  const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
  await daemon.request("POST", `/sessions/${id}/workflows`, { definition: graph });
  await daemon.request("POST", `/sessions/${id}/messages`, { message: everything });
  const deadline = Date.now() + runMsMax;
  let nextKill = Date.now() + random() * killWithinMs;
  let killed = 0;
  for (;;) {
    const { state } = await get<SessionView>(id);
    if (isAtRest(state)) break;
    if (Date.now() > deadline) throw new Error(`It does not end: ${JSON.stringify(state)}`);
    if (killed < killsMax && Date.now() >= nextKill) {
      const asked = state.approvals.map(({ call_id }) => call_id);
      await daemon.end("SIGKILL");
      await start();
      killed += 1;
      nextKill = Date.now() + random() * killWithinMs;
      const after = (await get<SessionView>(id)).state.approvals.map(({ call_id }) => call_id);
      expect(after, "what was asked before the kill is asked after it").toEqual(
        expect.arrayContaining(asked),
      );
      continue;
    }
    // A person takes their time, so that a kill may come first.
    if (random() < 0.1 || killed === killsMax) await answer(id);
    await pause(pollMs);
  }
  const facts = await events(id);
  expect(doubled(facts)).toEqual([]);
  expect(await get<VerifyReport>(id, "/verify")).toMatchObject({ ok: true });
  // A command that a kill cut short is not run again: it is there once at most.
  const ledger = await Deno.readTextFile(join(workspace, "ledger")).catch(() => "");
  expect(["", "deep\n"]).toContain(ledger);
  return { facts, killed };
}

async function answer(id: string): Promise<void> {
  const { approvals } = await get<{ approvals: Approval[] }>(id, "/approvals");
  for (const { call_id, digest } of approvals) {
    const body = { decision: "allow_once", digest };
    await daemon.request("POST", `/sessions/${id}/approvals/${call_id}`, body);
  }
  const { questions } = await get<{ questions: PendingQuestion[] }>(id, "/questions");
  for (const { call_id } of questions) {
    const body = { answers: [{ selected: ["left"] }] };
    await daemon.request("POST", `/sessions/${id}/questions/${call_id}`, body);
  }
}
