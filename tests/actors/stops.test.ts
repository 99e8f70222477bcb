// A daemon that is stopped in order while a team, a mode or a workflow works: the next one goes on with it, to the same end,
// and what had not begun, or may run twice, is not told to have been cut off.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { until } from "../support/daemon.ts";
import { modeEnd, modeSession, partsMessage } from "../support/mode_session.ts";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

/** One stop after each so many facts of a run. */
const every = 3;

/** Said slowly, so that there is time to be stopped in. */
const slowly = { text: "I look at what is to be done", delay_ms: 8 };
const write = (who: string): Step => ({
  ...slowly,
  calls: [{ name: "Write", args: { file_path: join(test.workspace, who), content: who } }],
});
const look = (who: string): Step => ({ ...slowly, calls: [{ name: "Glob", args: { pattern: `${who}*` } }] });

/** Begins the work in a new session, stops the daemon as soon as there are `after` facts, and waits for the end. */
async function stopped(
  after: number,
  begin: () => Promise<string>,
  endType: string,
): Promise<{ id: string; isOver: boolean }> {
  test = await openTestRuntime();
  const id = await begin();
  const facts = () => test.facts(id);
  const isEnd = ({ type }: { type: string }) => type === endType;
  const before = await until("a fact to stop at", async () => {
    const all = await facts();
    return all.length >= after || all.some(isEnd) ? all : null;
  });
  await test.restart();
  const all = await until("the end", async () => {
    const now = await facts();
    return now.some(isEnd) ? now : null;
  });
  expect(all.filter(({ type }) => type === "call.interrupted"), `stopped after ${after}`).toEqual([]);
  return { id, isOver: before.some(isEnd) };
}

async function stopEverywhere(
  begin: () => Promise<string>,
  { endType, check }: { endType: string; check: (id: string) => Promise<void> },
): Promise<void> {
  for (let after = 1;; after += every) {
    const { id, isOver } = await stopped(after, begin, endType);
    await check(id);
    if (isOver) return;
    await test.close();
  }
}

const content = (who: string) => Deno.readTextFile(join(test.workspace, who));

it("a team comes to the same end, its mail delivered and its tasks done", { timeout: 120_000 }, async () => {
  const done = (who: string): Step => ({ calls: [{ name: "WorkDone", args: { summary: `${who} did it` } }] });
  const mail: Step = { calls: [{ name: "SendMessage", args: { to: "lead", message: "I have begun" } }] };
  await stopEverywhere(async () => {
    const id = await test.session();
    const members = [
      { name: "a", prompt: script(write("a"), mail, look("a"), done("a"), { text: "x" }) },
      { name: "b", prompt: script(look("b"), write("b"), mail, done("b"), { text: "x" }) },
    ];
    const spec = teamSpec.parse({ name: "two", goal: "Write", members });
    await test.runtime.command(id, { type: "team.start", spec }, "test");
    return id;
  }, {
    endType: "team.finished",
    check: async (id) => {
      const facts = await test.facts(id);
      expect(facts.find(({ type }) => type === "team.finished")?.data).toMatchObject({
        outcome: "completed",
        members: [{ summary: "a did it" }, { summary: "b did it" }],
      });
      expect(facts.filter(({ type }) => type === "team.message_sent")).toHaveLength(2);
      expect([await content("a"), await content("b")]).toEqual(["a", "b"]);
    },
  });
});

it("a mode comes to the same answer", { timeout: 120_000 }, async () => {
  await stopEverywhere(async () => {
    const id = await modeSession(test, "sequential", { members: [{ name: "a" }, { name: "b" }] });
    const parts = {
      a: [[look("a"), write("a"), { text: "first" }]],
      b: [[write("b"), { text: "second" }]],
    };
    await test.send(id, partsMessage("Write.", parts));
    return id;
  }, {
    endType: "turn.ended",
    check: async (id) => {
      await test.fact(id, "mode.finished");
      expect(modeEnd(await test.facts(id))).toMatchObject({ outcome: "completed", text: "second" });
      expect([await content("a"), await content("b")]).toEqual(["a", "b"]);
    },
  });
});

it("a workflow comes to the same outputs, and does not pause", { timeout: 120_000 }, async () => {
  await stopEverywhere(async () => {
    const id = await test.session();
    const file = (who: string): JsonObject => ({ file_path: join(test.workspace, who), content: who });
    const definition: JsonObject = {
      name: "w",
      nodes: {
        agent: { kind: "agent", prompt: script(look("a"), write("a"), { text: "said" }) },
        tool: { kind: "tool", tool: "Write", args: file("b"), needs: ["agent"] },
        items: {
          kind: "each",
          over: "{{ [1, 2] }}",
          needs: ["agent"],
          node: { kind: "tool", tool: "Glob", args: { pattern: "b*" } },
        },
      },
      outputs: { said: "{{ nodes.agent.output }}" },
    };
    await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "test");
    return id;
  }, {
    endType: "workflow.finished",
    check: async (id) => {
      const facts = await test.facts(id);
      expect(facts.find(({ type }) => type === "workflow.finished")?.data).toMatchObject({
        outcome: "completed",
        outputs: { said: "said" },
      });
      expect(facts.filter(({ type }) => type === "workflow.node_failed")).toEqual([]);
      expect([await content("a"), await content("b")]).toEqual(["a", "b"]);
    },
  });
});
