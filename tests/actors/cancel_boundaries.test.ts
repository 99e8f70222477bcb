// A daemon that dies while a cancel is being written: whoever opens the log next cancels the rest, and nobody goes on.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const segment = "00000000000000000001.jsonl";
const call = (name: string, args: JsonObject = {}) => ({ name, args });
const slow = script({ text: "never said", delay_ms: 60_000 });
const agent = (prompt: string) => call("Agent", { description: "a part", prompt });

let original: TestRuntime;
let session = "";
let lines: string[] = [];
let facts: Fact[] = [];

beforeAll(async () => {
  original = await openTestRuntime();
  session = await original.session();
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
  await until("rest", async () => await isAtRest(original) || null);
  facts = await original.facts(session);
  await original.stop();
  lines = (await Deno.readTextFile(join(folder(), segment))).split("\n").slice(0, -1);
}, 60_000);

afterAll(() => original.close());

const folder = () => join(original.dataDir, "sessions", session);

async function isAtRest(test: TestRuntime): Promise<boolean> {
  const { state } = await test.runtime.view(session);
  return Object.keys(state.effects).length + Object.keys(state.calls).length === 0;
}

async function cutTo(count: number): Promise<string> {
  const made = await Deno.makeTempDir({ prefix: "jamey-cut-" });
  const to = join(made, "data", "sessions", session);
  await Deno.mkdir(join(to, "blobs"), { recursive: true });
  for await (const { name } of Deno.readDir(join(folder(), "blobs"))) {
    await Deno.copyFile(join(folder(), "blobs", name), join(to, "blobs", name));
  }
  await Deno.writeTextFile(join(to, segment), lines.slice(0, count).map((line) => `${line}\n`).join(""));
  return made;
}

it(
  "after a crash at any record of a cancel everybody below is cancelled too, and says nothing more",
  async () => {
    const cancelled = facts.find(({ type }) => type === "turn.cancelled")?.seq ?? 0;
    expect(facts.filter(({ type }) => type === "turn.cancelled").length).toBeGreaterThanOrEqual(6);
    for (let count = 1; count <= lines.length; count++) {
      const head = lines.slice(0, count).filter((line) => /"seq":/.test(line.slice(0, 60))).length;
      if (head < cancelled) continue;
      const made = await cutTo(count);
      const test = await openTestRuntime({ folder: made });
      try {
        await until("rest", async () => await isAtRest(test) || null);
        const after = await test.facts(session);
        expect(after.slice(0, head)).toEqual(facts.slice(0, head));
        const later = after.filter(({ seq }) => seq > cancelled);
        expect(later.filter(({ type }) => type === "model.called" || type === "model.replied")).toEqual([]);
        const ends = after.filter(({ type }) => type === "agent.stopped").map(({ actor }) => actor);
        expect(ends.sort()).toEqual(
          after.filter(({ type }) => type === "agent.started").map(({ actor }) => actor).sort(),
        );
        expect(after.filter(({ type }) => type === "team.finished")).toHaveLength(1);
        expect(after.findLast(({ type, actor }) => type === "turn.ended" && actor === "main")?.data)
          .toMatchObject({ outcome: "cancelled" });
        expect(test.reports).toEqual([]);
      } catch (thrown) {
        throw new Error(`After line ${count} of ${lines.length}: ${thrown}`, { cause: thrown });
      } finally {
        await test.close();
        await Deno.remove(made, { recursive: true });
      }
    }
  },
  240_000,
);
