// A conversation that is longer than the window: the model is sent what fits, the log keeps all of it.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { Fact } from "../../src/protocol/facts.ts";
import { answer, page, refuse } from "../support/model_plan.ts";
import type { WindowModel } from "../support/window_model.ts";
import type { TestRuntime } from "../support/runtime.ts";
import {
  compactionsOf,
  openSmallWindow,
  registryFor,
  window,
  type WindowOptions,
} from "../support/small_window.ts";

let test: TestRuntime;
let model: WindowModel;
afterEach(async () => {
  await test.close();
  await model.server.close();
});

const registry = () => registryFor(model);
const compactions = (id: string) => compactionsOf(test, id);
async function open(options: Partial<WindowOptions>): Promise<string> {
  ({ model, test } = await openSmallWindow(options));
  return await test.session();
}

/** Reads a file of so many characters in each turn, then says something. */
const reading: WindowOptions["reply"] = ({ messages }) =>
  messages.at(-1)?.role === "tool"
    ? { text: "I have seen it." }
    : { calls: [{ name: "Read", args: { file_path: "big.txt" } }] };

it(
  "200 turns in a small window: every request fits, the history is whole, and every request can be rebuilt",
  async () => {
    const id = await open({ reply: reading });
    await Deno.writeTextFile(join(test.workspace, "big.txt"), "some words of a file\n".repeat(120));
    const turns = 200;
    for (let turn = 0; turn < turns; turn++) {
      const result = await test.turn(id, `turn ${turn}: ${"please look again ".repeat(10)}`);
      if (result.outcome !== "completed") throw new Error(`turn ${turn}: ${JSON.stringify(result)}`);
      if (turn === 120) await test.restart({ providers: registry() });
    }
    const { conversation } = await test.runtime.view(id);
    const said = conversation.filter((message) =>
      message.role === "user" && message.message_id !== undefined
    );
    expect(said).toHaveLength(turns);
    expect(conversation.filter((message) => message.role === "tool" && message.output.includes("some words")))
      .toHaveLength(turns);
    expect(model.refused()).toBe(0);
    expect(model.largest()).toBeLessThanOrEqual(window);
    const kinds = (await compactions(id)).map(({ kind }) => kind);
    expect(kinds).toContain("summary");
    const report = await test.runtime.verify(id);
    expect(report).toMatchObject({ ok: true, requests: 2 * turns });
    console.log(
      `context: ${turns} turns in a window of ${window} tokens, largest request ${model.largest()}, 0 refused, ` +
        `${kinds.filter((kind) => kind === "micro").length} times results became references, ` +
        `${kinds.filter((kind) => kind === "summary").length} summaries, ${report.requests} requests rebuilt`,
    );
  },
  180_000,
);

it("a result that is far larger than the window is cut, once, and the turn goes on", async () => {
  const sizes: number[] = [];
  const id = await open({ reply: reading });
  for (const chars of [90_000, 95_000, 99_000]) {
    await Deno.writeTextFile(join(test.workspace, "big.txt"), `${"x".repeat(1_500)}\n`.repeat(chars / 1_500));
    const before = (await compactions(id)).length;
    expect((await test.turn(id, "read it")).outcome).toBe("completed");
    sizes.push((await compactions(id)).length - before);
  }
  expect(model.refused()).toBe(0);
  for (const count of sizes) expect(count).toBeLessThanOrEqual(4);
});

it("R9: overflow by one token, by ten times, in a result or a message: made to fit once, or said, never a loop", async () => {
  let cases = 0;
  const id = await open({ reply: () => ({ text: "ok" }) });
  for (const chars of [window * 4 - 3_000, window * 4, window * 40]) {
    const asked = model.server.requests.length;
    const result = await test.turn(id, "y".repeat(Math.min(chars, 999_999)));
    expect(result.outcome).toBe("completed");
    expect(model.server.requests.length - asked).toBeLessThanOrEqual(3);
    cases++;
  }
  expect(model.largest()).toBeLessThanOrEqual(window);
  console.log(
    `R9: ${cases} overflows, ${model.refused()} refused by the endpoint, each fitted within 3 requests`,
  );
});

it("an endpoint with a smaller window than it says: its refusal makes the request smaller, once", async () => {
  const id = await open({ window: 9_000, reply: () => ({ text: "ok" }) });
  const outcomes: string[] = [];
  for (let turn = 0; turn < 12; turn++) {
    const asked = model.server.requests.length;
    outcomes.push((await test.turn(id, `${turn} ${"word ".repeat(1_200)}`)).outcome);
    expect(model.server.requests.length - asked).toBeLessThanOrEqual(4);
  }
  // What it refused once is not sent again: the refusal is remembered over the answers between.
  console.log(`context: ${model.refused()} refused of ${model.server.requests.length}`);
  expect(model.refused()).toBeLessThanOrEqual(2);
  expect(outcomes.filter((outcome) => outcome === "completed").length).toBeGreaterThanOrEqual(10);
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

const broken: [string, () => ReturnType<typeof refuse>][] = [
  ["is refused", () => refuse(400, "no summaries today")],
  ["is empty", () => answer({ text: "" })],
  ["is longer than what it summarises", () => answer({ text: "blah ".repeat(20_000) })],
  ["calls tools instead", () => answer({ calls: [{ name: "Read", args: {} }] })],
  ["is no stream", () => page(200, "text/html", "<p>busy</p>")],
];
it.each(broken)(
  "D14: when a summary %s, the past is cut by rule and the history stays whole",
  async (_, summary) => {
    const id = await open({ summary });
    for (let turn = 0; turn < 14; turn++) {
      expect((await test.turn(id, `${turn} ${"word ".repeat(1_500)}`)).outcome).toBe("completed");
    }
    const kinds = (await compactions(id)).map(({ kind }) => kind);
    expect(kinds).toContain("cut");
    expect(kinds).not.toContain("summary");
    expect(model.largest()).toBeLessThanOrEqual(window);
    const { conversation } = await test.runtime.view(id);
    expect(conversation.filter((message) => message.role === "user")).toHaveLength(14);
  },
);

it("a person asks for a compaction, with words of their own, and the next request begins with the summary", async () => {
  const id = await open({});
  for (let turn = 0; turn < 3; turn++) await test.turn(id, `number ${turn}`);
  await test.runtime.command(id, { type: "session.compact", instructions: "keep the numbers" }, "me");
  await test.restart({ providers: registry() });
  await test.turn(id, "go on");
  const [compaction] = await compactions(id);
  expect(compaction).toMatchObject({ kind: "summary", summary: expect.stringContaining("Summary 1") });
  const asked = model.server.requests.map(({ body }) => JSON.stringify(body.messages));
  expect(asked.at(-2)).toContain("keep the numbers");
  expect(asked.at(-1)).toContain("Summary 1");
  expect(asked.at(-1)).not.toContain("number 0");
  expect(asked.at(-1)).toContain("go on");
});

it("instructions and tools that do not fit by themselves are said in words", async () => {
  const id = await open({ window: 500 });
  await test.restart({ providers: registryFor(model, { window: 500, outputMax: 100 }) });
  expect((await test.turn(id, "hello")).outcome).toBe("failed");
  const ended: Fact = await test.fact(id, "turn.ended");
  expect(ended.data).toMatchObject({
    error: { code: "context_overflow", message: expect.stringContaining("larger window") },
  });
  expect(model.server.requests).toHaveLength(0);
});

it("open todos come to mind again after ten steps, and only then", async () => {
  const todos = [{ content: "write the test", status: "pending" }];
  const id = await open({
    reply: ({ messages }) => {
      const results = messages.filter(({ role }) => role === "tool").length;
      if (results === 0) return { calls: [{ name: "TodoWrite", args: { todos } }] };
      return results > 22
        ? { text: "done" }
        : { calls: [{ name: "Bash", args: { command: `echo ${results}` } }] };
    },
  });
  await test.turn(id, "go");
  const reminded = model.server.requests.flatMap(({ body }, index) =>
    JSON.stringify(body.messages.at(-1)).includes("write the test") && index > 1 ? [index] : []
  );
  expect(reminded).toEqual([11, 21]);
});
