// Teams, modes and workflows, each for itself and all at once, cut after any record: whoever opens the log next brings it to
// the same end, whoever forks it there gets a session that comes to rest, and whoever cancels there ends all of it.
import { afterAll, expect, it } from "vitest";
import { driveToRest, outcomeOf, untilRest } from "../support/crew_ends.ts";
import { crewBegins, scenes } from "../support/crew_scenes.ts";
import { afterEachRecord, prove, type Recording, recordingOf, sideBySide } from "../support/cut_log.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

const limits = { timeout: 240_000 };
/** Scenes that take long to come to their end are cut after every so many records only; left out: after each. */
const everyNth: Record<string, number> = { "a team of five": 4 };
/** They wait more than they work. */
const atOnce = 6;

interface Recorded extends Recording {
  /** Stopped; its folder is there until the end of the file. */
  test: TestRuntime;
  /** The record by which the scene has begun. */
  begun: number;
}

const recordings = new Map<string, Promise<Recorded>>();
afterAll(async () => {
  for (const { test } of await Promise.all(recordings.values())) await test.close();
});

/** Each scene is played to its end once. */
function recorded(name: string): Promise<Recorded> {
  const recording = recordings.get(name) ?? record(name);
  recordings.set(name, recording);
  return recording;
}

async function record(name: string): Promise<Recorded> {
  const test = await openTestRuntime();
  const session = await scenes[name]?.(test) ?? "";
  const begun = crewBegins(await test.facts(session));
  await driveToRest(test, session);
  await prove(test, session);
  return { ...await recordingOf(test, session), test, begun };
}

it.each(Object.keys(scenes))("%s comes to the same end after a crash at any record", limits, async (name) => {
  const { begun, ...recording } = await recorded(name);
  const expected = outcomeOf(recording.facts);
  expect(expected.bad).toEqual([]);
  await afterEachRecord(recording, async (cut) => {
    await driveToRest(cut, recording.session);
    expect(outcomeOf(await cut.facts(recording.session))).toEqual(expected);
  }, { from: begun, nth: everyNth[name] ?? 1, atOnce });
});

it.each(Object.keys(scenes))("%s ends when it is cancelled, twice, at any record", limits, async (name) => {
  const { begun, ...recording } = await recorded(name);
  await afterEachRecord(recording, async (cut) => {
    const { runtime } = cut;
    const { tree } = await runtime.tree(recording.session);
    const tops = tree.filter(({ parent }) => parent === "main").map(({ path }) => path);
    for (const actor of [undefined, ...tops, undefined, ...tops]) {
      const cancel = { type: "turn.cancel", ...(actor === undefined ? {} : { actor }) } as const;
      // Most of them have nothing to cancel at any one point.
      await runtime.command(recording.session, cancel, "test").catch((thrown) =>
        expect(String(thrown)).toContain("Cannot")
      );
    }
    await untilRest(cut, recording.session);
  }, { from: begun, atOnce });
});

it.each(Object.keys(scenes))(
  "a fork of %s at any point comes to rest and proves itself",
  limits,
  async (name) => {
    const { test, session, facts } = await recorded(name);
    await test.restart();
    const points = facts.map((_, index) => index + 1);
    const forks = new Map<string, { records: number; final_digest: string }>();
    await sideBySide(points, atOnce, async (at) => {
      try {
        const { session_id } = await test.runtime.fork(session, at);
        await driveToRest(test, session_id);
        const { seq, state } = await test.runtime.view(session_id);
        forks.set(session_id, { records: seq, final_digest: state.digest });
      } catch (thrown) {
        throw new Error(`Forked at ${at} of ${facts.length}: ${thrown}`, { cause: thrown });
      }
    });
    // As another daemon reads them, they come to the state that they had.
    await test.restart();
    for (const [fork, known] of forks) await prove(test, fork, known);
    await test.stop();
  },
);
