// Teams, modes and workflows, each for itself and all at once, cut after any record: whoever opens the log next brings it to
// the same end, whoever forks it there gets a session that comes to rest, and whoever cancels there ends all of it.
import { expect, it } from "vitest";
import { until } from "../support/daemon.ts";
import { crewBegins, scenes } from "../support/crew_scenes.ts";
import {
  doubled,
  driveToRest,
  isAtRest,
  openCut,
  outcomeOf,
  type Recording,
  recordingOf,
  recordsIn,
} from "../support/cut_log.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

const limits = { timeout: 240_000 };
/** Scenes that take long to come to their end are cut after every so many records only; left out: after each. */
const everyNth: Record<string, number> = { "a team of five": 4 };

async function prove(test: TestRuntime, session: string): Promise<void> {
  expect(doubled(await test.facts(session))).toEqual([]);
  expect(await test.runtime.verify(session)).toMatchObject({ ok: true });
  expect(test.reports).toEqual([]);
}

async function record(test: TestRuntime, name: string): Promise<Recording & { begun: number }> {
  const session = await scenes[name]?.(test) ?? "";
  const begun = crewBegins(await test.facts(session));
  await driveToRest(test, session);
  await prove(test, session);
  return { ...await recordingOf(test, session), begun };
}

/** Opens the log cut after each of its records; `each` may close what it was given. */
async function afterEachRecord(
  recording: Recording & { begun: number },
  each: (cut: TestRuntime, session: string) => Promise<void>,
  nth = 1,
): Promise<void> {
  const { lines, begun, session } = recording;
  for (let count = 1; count <= lines.length; count += nth) {
    if (recordsIn(recording, count) < begun) continue;
    const cut = await openCut(recording, count);
    try {
      await each(cut, session);
      await prove(cut, session);
    } catch (thrown) {
      throw new Error(`After line ${count} of ${lines.length}: ${thrown}`, { cause: thrown });
    } finally {
      await cut.close();
    }
  }
}

it.each(Object.keys(scenes))("%s comes to the same end after a crash at any record", limits, async (name) => {
  const test = await openTestRuntime();
  const recording = await record(test, name);
  const expected = outcomeOf(recording.facts);
  expect(expected.bad).toEqual([]);
  await afterEachRecord(recording, async (cut, session) => {
    await driveToRest(cut, session);
    expect(outcomeOf(await cut.facts(session))).toEqual(expected);
  }, everyNth[name]);
  await test.close();
});

it.each(Object.keys(scenes))("%s ends when it is cancelled, twice, at any record", limits, async (name) => {
  const test = await openTestRuntime();
  const recording = await record(test, name);
  await afterEachRecord(recording, async (cut, session) => {
    const { tree } = await cut.runtime.tree(session);
    const tops = tree.filter(({ parent }) => parent === "main").map(({ path }) => path);
    for (const actor of [undefined, ...tops, undefined, ...tops]) {
      const cancel = { type: "turn.cancel", ...(actor === undefined ? {} : { actor }) } as const;
      // Most of them have nothing to cancel at any one point.
      await cut.runtime.command(session, cancel, "test").catch((thrown) =>
        expect(String(thrown)).toContain("Cannot")
      );
    }
    await until("rest", async () => isAtRest((await cut.runtime.view(session)).state) || null);
  });
  await test.close();
});

it.each(Object.keys(scenes))(
  "a fork of %s at any point comes to rest and proves itself",
  limits,
  async (name) => {
    const test = await openTestRuntime();
    const session = await scenes[name]?.(test) ?? "";
    await driveToRest(test, session);
    const head = (await test.facts(session)).length;
    for (let at = 1; at <= head; at++) {
      try {
        const fork = await test.runtime.fork(session, at);
        await driveToRest(test, fork.session_id);
        await prove(test, fork.session_id);
      } catch (thrown) {
        throw new Error(`Forked at ${at} of ${head}: ${thrown}`, { cause: thrown });
      }
    }
    await test.restart();
    // Closing proves every one of them again, as another daemon reads them.
    await test.close();
  },
);
