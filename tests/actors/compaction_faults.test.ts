// What can get in the way while a conversation is made smaller: cancels, stops, hooks, refusals, and texts of any size.
import { afterEach, expect, it } from "vitest";
import type { Hooks } from "../../src/hooks/contract.ts";
import { pause, until } from "../support/daemon.ts";
import { refuse, sse } from "../support/model_plan.ts";
import type { TestRuntime } from "../support/runtime.ts";
import { compactionsOf, openSmallWindow, registryFor, type WindowOptions } from "../support/small_window.ts";
import type { WindowModel } from "../support/window_model.ts";

let test: TestRuntime;
let model: WindowModel;
afterEach(async () => {
  await test.close();
  await model.server.close();
});

const registry = () => registryFor(model);
const compactions = (id: string) => compactionsOf(test, id);
async function open(options: Partial<WindowOptions>, hooks?: Hooks): Promise<string> {
  ({ model, test } = await openSmallWindow(options, hooks));
  return await test.session();
}

const compact = (id: string) => test.runtime.command(id, { type: "session.compact" }, "me");
/** Whether the last request held these words. */
const asked = (words: string) => JSON.stringify(model.server.requests.at(-1)?.body.messages).includes(words);

const endings: [string, (id: string) => Promise<unknown>][] = [
  ["a cancel", (id) => test.runtime.command(id, { type: "turn.cancel" }, "me")],
  ["a stop of the daemon", () => test.restart({ providers: registry() })],
];
it.each(endings)("%s in the middle of a summary leaves the conversation as it was", async (_, end) => {
  const slow = () => model.summaries() > 1 ? null : sse(["silence"]);
  const id = await open({ summary: slow });
  await test.turn(id, "remember the number 4711");
  await compact(id);
  await test.send(id, "go on");
  await until("the summary", () => model.summaries() > 0 || null);
  await end(id);
  const ended = await test.fact(id, "turn.ended", (await test.fact(id, "context.compact_requested")).seq);
  await pause(50);
  expect(await compactions(id)).toEqual([]);
  expect((await test.types(id)).slice(ended.seq).filter((type) => type !== "session.owned")).toEqual([]);
  // It is still wanted, and made before the next call.
  await test.turn(id, "and now");
  expect(await compactions(id)).toMatchObject([{ kind: "summary" }]);
});

it("a summary that a person asked for and that fails takes nothing away", async () => {
  const id = await open({ summary: () => refuse(400, "no summaries today") });
  await test.turn(id, "remember the number 4711");
  await compact(id);
  await test.turn(id, "go on");
  expect(asked("4711")).toBe(true);
  expect(await compactions(id)).toMatchObject([{
    kind: "cut",
    through: 0,
    reason: expect.stringContaining("no summaries"),
  }]);
  const before = model.server.requests.length;
  await test.turn(id, "and again");
  expect(model.server.requests.length - before).toBe(1);
});

it("when a summary that a person asked for fails and the window is full, only as much is left out as must be", async () => {
  const id = await open({ summary: () => refuse(400, "no summaries today") });
  await test.turn(id, `the oldest ${"word ".repeat(8_000)}`);
  await test.turn(id, "remember the number 4711");
  await compact(id);
  await test.turn(id, `go on ${"word ".repeat(2_000)}`);
  const made = await compactions(id);
  expect(made).toMatchObject([{ kind: "cut", reason: expect.stringContaining("no summaries") }]);
  expect(made[0]?.text_max).toBeUndefined();
  expect(asked("the oldest")).toBe(false);
  expect(asked("4711")).toBe(true);
});

it("a hook that objects to a compaction that a person asked for is heard once, and nothing is taken away", async () => {
  let ran = 0;
  const hooks: Hooks = {
    listens: (event) => event === "PreCompact",
    run: () => {
      ran++;
      return Promise.resolve([{
        event: "PreCompact",
        name: "h",
        outcome: "blocked",
        reason: "not now",
        duration_ms: 1,
      }]);
    },
  };
  const id = await open({}, hooks);
  await test.turn(id, "remember the number 4711");
  await compact(id);
  for (const words of ["one", "two", "three"]) await test.turn(id, words);
  expect(ran).toBe(1);
  expect(asked("4711")).toBe(true);
  expect(await compactions(id)).toMatchObject([{
    kind: "cut",
    through: 0,
    reason: expect.stringContaining("not now"),
  }]);
});

it("what the user wants of a long turn is still there when its beginning had to be left out", async () => {
  const results = 30;
  const id = await open({
    summary: () => refuse(400, "no summaries today"),
    reply: ({ messages }) => {
      const last = Number(/n(\d+)n/.exec(JSON.stringify(messages.at(-1)))?.[1] ?? 0);
      if (last >= results) return { text: "done" };
      const command = `echo n${last + 1}n; head -c 500 /dev/zero | tr '\\0' x; : ${"pad ".repeat(1_500)}`;
      return { calls: [{ name: "Bash", args: { command } }] };
    },
  });
  expect((await test.turn(id, "find the treasure of Lima")).outcome).toBe("completed");
  expect((await compactions(id)).filter(({ kind, through }) => kind === "cut" && through > 0).length)
    .toBeGreaterThan(0);
  for (const { body } of model.server.requests) {
    if (!JSON.stringify(body.messages[0]).includes("You summarise")) {
      expect(JSON.stringify(body.messages).includes("find the treasure of Lima")).toBe(true);
    }
  }
});

it("many large messages that steer a running turn are made to fit together", async () => {
  const id = await open({
    reply: ({ messages }) => {
      const results = messages.filter(({ role }) => role === "tool").length;
      if (results > 0) return { text: "read" };
      return { calls: [{ name: "Bash", args: { command: "until [ -e gate ]; do sleep 0.02; done" } }] };
    },
  });
  await test.send(id, "go");
  await test.fact(id, "call.started");
  for (let n = 0; n < 12; n++) await test.send(id, `${n} ${"word ".repeat(20_000)}`);
  await Deno.writeTextFile(`${test.workspace}/gate`, "");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "completed" });
  expect(model.refused()).toBe(0);
});

it("one text that was far too long shortens no later one for good", async () => {
  const id = await open({});
  await test.turn(id, "y".repeat(400_000));
  for (let turn = 0; turn < 10; turn++) await test.turn(id, `${turn} ${"word ".repeat(1_000)}`);
  const words = `begin ${"abcd ".repeat(4_000)} middle-of-it ${"abcd ".repeat(4_000)} end`;
  await test.turn(id, words);
  expect(asked("middle-of-it")).toBe(true);
  expect(model.refused()).toBe(0);
});
