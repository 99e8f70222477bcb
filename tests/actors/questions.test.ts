// Questions of an agent to a person: facts that wait, over restarts, for whoever answers first.
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const questions: JsonObject[] = [
  {
    question: "Which database?",
    header: "Database",
    options: [{ label: "SQLite", description: "one file" }, { label: "PostgreSQL" }],
  },
  { question: "Which extras?", options: [{ label: "tests" }, { label: "docs" }], multiSelect: true },
  { question: "What is it called?" },
];
const asking = (...then: Parameters<typeof script>) =>
  script({ text: "I ask", calls: [{ name: "AskUserQuestion", args: { questions } }] }, ...then);
const answers = [
  { selected: ["SQLite"] },
  { selected: ["tests", "docs"] },
  { selected: [], text: "Fred" },
];

async function ask(): Promise<{ id: string; callId: string }> {
  test = await openTestRuntime();
  const id = await test.session("default");
  await test.send(id, asking({ text: "Thank you" }));
  const asked = await test.fact(id, "question.asked");
  return { id, callId: asked.type === "question.asked" ? asked.data.call_id : "" };
}

const answer = (id: string, call_id: string, given = answers) =>
  test.runtime.command(id, { type: "question.answer", call_id, answers: given }, "me");

it("a question waits as a fact, is answered by a client, and its answer is the result of the call", async () => {
  const { id, callId } = await ask();
  const { state } = await test.runtime.view(id);
  expect(state.summary.status).toBe("waiting_for_approval");
  expect(state.questions).toMatchObject([{
    call_id: callId,
    actor: "main",
    questions: [{ header: "Database" }, {
      multi_select: true,
    }, { options: [] }],
  }]);
  await answer(id, callId);
  await test.fact(id, "turn.ended");
  const finished = await test.fact(id, "call.finished");
  expect(finished.data).toMatchObject({
    output: "Which database?\n- SQLite\n\nWhich extras?\n- tests\n- docs\n\nWhat is it called?\n- Fred",
  });
  expect((await test.runtime.view(id)).state.questions).toEqual([]);
});

it("a question survives restarts of the daemon, and the turn goes on with the answer", async () => {
  const { id, callId } = await ask();
  await test.restart();
  await test.restart();
  expect((await test.runtime.view(id)).state.questions).toHaveLength(1);
  await answer(id, callId);
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "completed" });
  expect((await test.types(id)).filter((type) => type === "question.asked")).toHaveLength(1);
});

it("the first answer counts, and the second one is a conflict", async () => {
  const { id, callId } = await ask();
  const settled = await Promise.allSettled([answer(id, callId), answer(id, callId), answer(id, callId)]);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const end of settled) {
    if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "conflict" });
  }
  await test.fact(id, "turn.ended");
  await expect(answer(id, callId)).rejects.toMatchObject({ code: "conflict" });
});

it("an answer that does not fit the questions is refused in words, and the question still waits", async () => {
  const { id, callId } = await ask();
  const wrong: [typeof answers, RegExp][] = [
    [answers.slice(1), /3 questions and 2 answers/],
    [[{ selected: ["Oracle"] }, ...answers.slice(1)], /no option "Oracle"/],
    [[{ selected: ["SQLite", "PostgreSQL"] }, ...answers.slice(1)], /takes one option/],
    [[{ selected: [] }, ...answers.slice(1)], /question 1 has no answer/],
  ];
  for (const [given, message] of wrong) {
    await expect(answer(id, callId, given)).rejects.toMatchObject({
      code: "bad_request",
      message: expect.stringMatching(message),
    });
  }
  await expect(answer(id, "c99-1")).rejects.toMatchObject({ code: "not_found" });
  expect((await test.runtime.view(id)).state.questions).toHaveLength(1);
});

it("a cancelled turn takes its question back", async () => {
  const { id, callId } = await ask();
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "cancelled" });
  expect((await test.fact(id, "call.interrupted")).data).toMatchObject({ call_id: callId });
  await expect(answer(id, callId)).rejects.toMatchObject({ code: "conflict" });
});

it("a fork of a session that waits for an answer does not wait, and the original still does", async () => {
  const { id, callId } = await ask();
  const fork = await test.runtime.fork(id);
  expect((await test.runtime.view(fork.session_id)).state.questions).toEqual([]);
  await answer(id, callId);
  await test.fact(id, "turn.ended");
});

it("a sub-agent asks the same person", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const inner = asking({ text: "inner done" });
  await test.send(
    id,
    script({ calls: [{ name: "Agent", args: { description: "sub", prompt: inner } }] }, { text: "ok" }),
  );
  const asked = await test.fact(id, "question.asked");
  expect(asked.actor).toMatch(/^main\/agent:/);
  if (asked.type === "question.asked") await answer(id, asked.data.call_id);
  await until(
    "the end",
    async () => (await test.types(id)).filter((type) => type === "turn.ended").length === 2 || null,
  );
});
