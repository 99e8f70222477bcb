// What waits for a person, answered from the command line: questions, limits, plans; in commands, attach and chat.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const one = {
  questions: [{ question: "Which database?", options: [{ label: "SQLite" }, { label: "Postgres" }] }],
};
const several = {
  questions: [
    one.questions[0],
    { question: "Which extras?", options: [{ label: "tests" }, { label: "docs" }], multiSelect: true },
    { question: "What is it called?" },
  ],
};
const asks = (questions: unknown) => script(call("AskUserQuestion", questions), { text: "Thank you" });
const same = call("Bash", { command: "echo same" });
const repeats = script(...Array.from({ length: 7 }, () => same), { text: "Enough" });

async function waiting(message: string, mode = "bypassPermissions"): Promise<{ id: string; callId: string }> {
  const body = { workspace: desk.workspace, permission_mode: mode };
  const { session_id: id } = z.object({ session_id: z.string() }).parse(
    (await desk.server.call("POST", "/sessions", body)).body,
  );
  await desk.server.call("POST", `/sessions/${id}/messages`, { message });
  for (;;) {
    const { state } = await desk.view(id);
    if (state.questions[0] !== undefined) return { id, callId: state.questions[0].call_id };
    if (state.approvals[0] !== undefined) return { id, callId: state.approvals[0].call_id };
    if (state.paused.length > 0) return { id, callId: "" };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits for the end of the turn; what its calls gave. */
async function outputs(id: string): Promise<string[]> {
  for (;;) {
    const { state, conversation } = await desk.view(id);
    if (["idle", "interrupted"].includes(state.summary.status)) {
      return conversation.flatMap((message) => message.role === "tool" ? [message.output] : []);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("jamey answer", () => {
  test("lists what is asked, and answers one question by number, by label or in own words", async () => {
    for (
      const [typed, expected] of [["2", "Postgres"], ["sqlite", "SQLite"], ["Oracle, sadly", "Oracle, sadly"]]
    ) {
      const { id, callId } = await waiting(asks(one));
      const listed = await desk.jamey(["answer", id]);
      expect(listed.stdout).toContain("Which database?");
      expect(listed.stdout).toContain("2) Postgres");
      const answered = await desk.jamey(["answer", id, callId, typed ?? ""]);
      expect(answered).toMatchObject({ code: 0, stderr: "Answered\n" });
      expect(await outputs(id)).toEqual([`Which database?\n- ${expected}`]);
    }
  });

  test("several questions take one word each, and --json says what was answered", async () => {
    const { id, callId } = await waiting(asks(several));
    const { code, stdout } = await desk.jamey(["answer", id, callId, "1", "1,2", "Fred", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      call_id: callId,
      answers: [{ selected: ["SQLite"] }, { selected: ["tests", "docs"] }, { selected: [], text: "Fred" }],
    });
    expect((await outputs(id))[0]).toContain("What is it called?\n- Fred");
  });

  test("too few answers, too many and a call that asks nothing are refused, and the question still waits", async () => {
    const { id, callId } = await waiting(asks(several));
    const few = await desk.jamey(["answer", id, callId, "1"]);
    expect(few).toMatchObject({ code: 2 });
    expect(few.stderr).toContain("question 2 has no answer");
    expect((await desk.jamey(["answer", id, callId, "1", "1", "a", "b"])).stderr).toContain(
      "4 answers for 3 questions",
    );
    expect((await desk.jamey(["answer", id, "c99-1", "1"])).code).toBe(1);
    expect((await desk.view(id)).state.questions).toHaveLength(1);
  });
});

describe("jamey extend", () => {
  test("a session that met a limit is shown as paused, goes on when extended, and ends with --stop", async () => {
    const { id } = await waiting(repeats);
    expect((await desk.jamey(["sessions"])).stdout).toMatch(new RegExp(`${id} +paused`));
    const status = await desk.jamey(["status", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ waiting: [{ session_id: id, status: "paused" }] });
    expect((await desk.jamey(["status"])).stdout).toMatch(new RegExp(`waits +${id} paused`));
    expect(await desk.jamey(["extend", id])).toMatchObject({ code: 0, stderr: "Going on\n" });
    expect(await outputs(id)).toHaveLength(7);
    const second = await waiting(repeats);
    expect((await desk.jamey(["extend", second.id, "--stop", "--json"])).stdout).toBe(
      '{"decision":"stop"}\n',
    );
    expect(await outputs(second.id)).toHaveLength(5);
    expect((await desk.jamey(["extend", second.id])).stderr).toContain("nothing waits at a limit");
  });
});

describe("attach", () => {
  test("shows a question, its answer, a pause and its end as they happen, each in words", async () => {
    const { id, callId } = await waiting(asks(several));
    const attached = desk.start(["attach", id]);
    await attached.until("The agent asks");
    await attached.until(`Answer with: jamey answer ${id} ${callId} ANSWER...`);
    await desk.jamey(["answer", id, callId, "1", "docs", "Fred"]);
    await attached.until("question.answered");
    await attached.until("answered by user: SQLite; docs; Fred");
    await desk.server.call("POST", `/sessions/${id}/messages`, { message: repeats });
    await attached.until("paused: it repeats itself");
    await attached.until(`Answer with: jamey extend ${id}, or`);
    await desk.jamey(["extend", id, "--stop"]);
    await attached.until("limit after");
    expect((await attached.end("SIGINT")).code).toBe(130);
  });
});

describe("chat", () => {
  test("one question is answered by the next line, several by one line with semicolons", async () => {
    const chat = desk.start(["chat"]);
    await chat.type(asks(one));
    await chat.until("1) SQLite");
    await chat.type("1");
    await chat.until("answered by user: SQLite");
    await chat.until("Thank you");
    await chat.type(asks(several));
    await chat.until("3. What is it called?");
    // Two answers are none: it is asked for again, and the question still waits.
    await chat.type("1; docs");
    await chat.type("2; docs, tests; Fred");
    await chat.until("answered by user: Postgres; docs, tests; Fred");
    await chat.until("Thank you");
    const { code, stderr } = await chat.end();
    expect(code).toBe(0);
    expect(stderr).toContain('one answer for each question, parted by ";"');
  });

  test("an answer that the daemon refuses is not lost: the question waits for the next line", async () => {
    const chat = desk.start(["chat"]);
    await chat.type(asks(one));
    await chat.until("1) SQLite");
    await chat.type("x".repeat(10_001));
    await chat.type("2");
    await chat.until("answered by user: Postgres");
    expect((await chat.end()).stderr).toContain("error:");
  });

  test("a limit is extended with y and ended with n", async () => {
    const chat = desk.start(["chat", "--permission-mode", "bypassPermissions"]);
    await chat.type(repeats);
    await chat.until("Paused: it repeats itself");
    await chat.type("y");
    await chat.until("goes on: user extended the limit of repetition");
    await chat.until("Enough");
    await chat.type(repeats);
    await chat.until("Paused: it repeats itself");
    await chat.type("n");
    await chat.until("the turn ended: limit");
    expect((await chat.end()).code).toBe(0);
  });

  test("a plan is shown whole, refused with a reason, and the next one accepted: then the work begins", async () => {
    const plan = (text: string) => call("ExitPlanMode", { plan: text });
    const chat = desk.start(["chat", "--permission-mode", "plan"]);
    await chat.type(script(plan("1. Delete all"), plan("1. Write b.txt"), { text: "Begun" }));
    await chat.until("1. Delete all");
    await chat.type("n too much");
    await chat.until("ExitPlanMode denied: too much");
    await chat.until("1. Write b.txt");
    await chat.type("y");
    await chat.until("the mode is default now (user)");
    await chat.until("Begun");
    expect((await chat.end()).code).toBe(0);
  });
});
