// A daemon that dies while a cancel is being written: whoever opens the log next cancels the rest, and nobody goes on.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { untilRest } from "../support/crew_ends.ts";
import { afterEachRecord, type Recording, recordingOf } from "../support/cut_log.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const call = (name: string, args: JsonObject = {}) => ({ name, args });
const slow = script({ text: "never said", delay_ms: 60_000 });
const agent = (prompt: string) => call("Agent", { description: "a part", prompt });

let original: TestRuntime;
let recording: Recording;

beforeAll(async () => {
  original = await openTestRuntime();
  const session = await original.session();
  const members = ["ann", "bob"].map((name) => ({ name, prompt: slow }));
  const team = { name: "pair", goal: "talk", wait: "foreground", members };
  const text = script({ calls: [call("Team", team), agent(script({ calls: [agent(slow)] }))] });
  await original.runtime.command(session, { type: "message.send", message: text, delivery: "steer" }, "user");
  await until("four at work", async () => {
    const called = (await original.facts(session)).filter(({ type, actor }) =>
      type === "model.called" && actor !== "main"
    );
    // Two members, and the agent below the agent, which has been asked once itself.
    return called.length >= 4 || null;
  });
  await original.runtime.command(session, { type: "turn.cancel" }, "user");
  await untilRest(original, session);
  recording = await recordingOf(original, session);
}, 60_000);

afterAll(() => original.close());

it(
  "after a crash at any record of a cancel everybody below is cancelled too, and says nothing more",
  async () => {
    const { facts, session } = recording;
    const cancelled = facts.find(({ type }) => type === "turn.cancelled")?.seq ?? 0;
    expect(facts.filter(({ type }) => type === "turn.cancelled").length).toBeGreaterThanOrEqual(6);
    await afterEachRecord(recording, async (cut) => {
      await untilRest(cut, session);
      const after = await cut.facts(session);
      const later = after.filter(({ seq }) => seq > cancelled);
      expect(later.filter(({ type }) => type === "model.called" || type === "model.replied")).toEqual([]);
      const ends = after.filter(({ type }) => type === "agent.stopped").map(({ actor }) => actor);
      expect(ends.sort()).toEqual(
        after.filter(({ type }) => type === "agent.started").map(({ actor }) => actor).sort(),
      );
      expect(after.filter(({ type }) => type === "team.finished")).toHaveLength(1);
      expect(after.findLast(({ type, actor }) => type === "turn.ended" && actor === "main")?.data)
        .toMatchObject({ outcome: "cancelled" });
    }, { from: cancelled });
  },
  240_000,
);
