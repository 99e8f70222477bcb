import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentMode } from "../../src/protocol/facts.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import {
  agree,
  approve,
  disagree,
  modeEnd,
  modeSession,
  type Parts,
  partsMessage,
  revise,
  saidIn,
} from "../support/mode_session.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
beforeEach(async () => {
  test = await openTestRuntime();
});
afterEach(() => test.close());

async function play(
  mode: Exclude<AgentMode, "single">,
  settings: GivenModeSettings,
  parts: Parts,
) {
  const id = await modeSession(test, mode, settings);
  const turn = await test.turn(id, partsMessage("Name a colour.", parts));
  const facts = await test.facts(id);
  return { id, turn, facts, said: saidIn(facts), end: modeEnd(facts) };
}

/** Begins a run and waits until a member's command runs. */
async function begin(mode: Exclude<AgentMode, "single">, settings: GivenModeSettings, parts: Parts) {
  const id = await modeSession(test, mode, settings);
  await test.send(id, partsMessage("Work.", parts));
  await test.fact(id, "call.started");
  return id;
}

const bash = (command: string) => ({ calls: [{ name: "Bash", args: { command } }] });
const mainEnd = (id: string) =>
  until("the end of the turn", async () => {
    const found = (await test.facts(id)).find((fact) => fact.type === "turn.ended" && fact.actor === "main");
    return found?.type === "turn.ended" ? found.data : null;
  });

const text = (words: string) => [{ text: words }];
const member = (name: string) => ({ name });

it("sequential: each member reads what the one before it made, and the last one's words are the answer", async () => {
  const { turn, facts, said, end } = await play("sequential", {
    members: [member("a"), member("b"), member("c")],
  }, {
    a: [text("red")],
    b: [text("red and blue")],
    c: [text("violet")],
  });
  expect(turn).toMatchObject({ outcome: "completed" });
  expect(turn.messages.at(-1)).toMatchObject({ role: "assistant", text: "violet" });
  expect(said).toEqual(["a answer 1", "b answer 1", "c answer 1"]);
  expect(end).toMatchObject({ outcome: "completed", text: "violet" });
  const prompts = facts.flatMap((fact) => fact.type === "agent.started" ? [fact.data.prompt] : []);
  expect(prompts[0]).not.toContain("<answer");
  expect(prompts[1]).toContain('<answer from="a">\nred\n</answer>');
  expect(prompts[2]).toContain('<answer from="b">\nred and blue\n</answer>');
  expect(prompts[2]).not.toContain("\nred\n");
  expect(prompts.every((prompt) => prompt.includes("Name a colour."))).toBe(true);
});

it("parallel: all members answer at once, and one answer is made of theirs", async () => {
  const { turn, facts, said } = await play("parallel", { members: [member("a"), member("b")] }, {
    a: [text("red")],
    b: [text("blue")],
    synthesiser: [text("red or blue")],
  });
  expect(turn.messages.at(-1)).toMatchObject({ text: "red or blue" });
  expect(said.slice(0, 2).sort()).toEqual(["a answer 1", "b answer 1"]);
  expect(said[2]).toBe("synthesiser synthesis 1");
  const types = facts.map(({ type }) => type);
  const begunFirst = types.slice(0, types.indexOf("model.replied")).filter((type) =>
    type === "agent.started"
  );
  expect(begunFirst).toHaveLength(2);
});

it("debate: rounds go on until all agree, then the judge has the last word", async () => {
  const { turn, said, facts } = await play("debate", { members: [member("a"), member("b")], rounds_max: 5 }, {
    a: [text("red"), disagree("no"), text("violet"), agree("yes")],
    b: [text("blue"), agree("fine"), text("violet, too"), agree("yes")],
    judge: [text("violet it is")],
  });
  expect(turn.messages.at(-1)).toMatchObject({ text: "violet it is" });
  expect(facts.filter((fact) => fact.type === "mode.round_ended").map(({ data }) => data)).toMatchObject([
    { round: 1, reason: "not all agree: a" },
    { round: 2, reason: "all agree" },
  ]);
  expect(said.filter((line) => line.startsWith("a "))).toEqual([
    "a answer 1",
    "a critique 1 disagree",
    "a answer 2",
    "a critique 2 agree",
  ]);
  expect(said.at(-1)).toBe("judge judgement 2");
});

it("review: the author revises until all approve", async () => {
  const { turn, said, end, facts } = await play(
    "review",
    { members: [member("author"), member("x"), member("y")], rounds_max: 3 },
    {
      author: [text("red"), text("dark red")],
      x: [revise("too bright"), approve("good")],
      y: [approve("good"), approve("still good")],
    },
  );
  expect(turn.messages.at(-1)).toMatchObject({ text: "dark red" });
  expect(end).toMatchObject({ outcome: "completed", reason: "approved by all after 2 rounds" });
  expect(said.filter((line) => line.startsWith("author"))).toEqual(["author answer 1", "author revision 2"]);
  const told = facts.filter((fact) => fact.type === "message.received" && fact.data.source === "supervisor");
  expect(told).toHaveLength(3);
  expect(told[0]?.data).toMatchObject({ text: expect.stringContaining('<review from="x">\ntoo bright') });
});

it("review: at the last round the author's work is the answer, and the outcome says that it is not approved", async () => {
  const { turn, end } = await play(
    "review",
    { members: [member("author"), member("x")], rounds_max: 2 },
    { author: [text("red"), text("dark red")], x: [revise("no"), revise("still no")] },
  );
  expect(turn).toMatchObject({ outcome: "limit" });
  expect(turn.messages.at(-1)).toMatchObject({ text: "dark red" });
  expect(end).toMatchObject({ outcome: "limit", reason: "after 2 rounds not all approve: x" });
});

it("who takes part can be said in the daemon's configuration, and a session may bring its own", async () => {
  await test.restart({ modes: { sequential: { members: [member("usual")] } } });
  const answerOf = async (settings?: GivenModeSettings) => {
    const id = await modeSession(test, "sequential", settings);
    await test.turn(id, partsMessage("Work.", {}));
    return saidIn(await test.facts(id));
  };
  expect(await answerOf()).toEqual(["usual answer 1"]);
  expect(await answerOf({ members: [member("own")] })).toEqual(["own answer 1"]);
});

it("a graceful stop leaves a run owed: the next daemon takes it to the same answer, and nobody is asked twice", async () => {
  const id = await begin("sequential", { members: [member("a"), member("b")] }, {
    a: [[bash("echo ran >> ledger; sleep 0.3"), { text: "one" }]],
    b: [text("two")],
  });
  await test.restart();
  expect(await mainEnd(id)).toMatchObject({ outcome: "completed" });
  const facts = await test.facts(id);
  expect(saidIn(facts)).toEqual(["a answer 1", "b answer 1"]);
  expect(modeEnd(facts)).toMatchObject({ outcome: "completed", text: "two" });
  expect(facts.filter(({ type }) => type === "agent.started")).toHaveLength(2);
  expect(await Deno.readTextFile(`${test.workspace}/ledger`)).toBe("ran\n");
});

it("a cancelled turn ends all members within two seconds, and leaves no process", async () => {
  // No other run of these tests on this machine has the same.
  const nap = `63.${Deno.pid}0`;
  const id = await begin("parallel", { members: [member("a"), member("b")] }, {
    a: [[bash(`exec sleep ${nap}`), { text: "one" }]],
    b: [[bash(`exec sleep ${nap}`), { text: "two" }]],
  });
  await until("both commands", () => sleeping(nap) === 2 || null);
  const asked = Date.now();
  await test.runtime.command(id, { type: "turn.cancel" }, "test");
  expect(await mainEnd(id)).toMatchObject({ outcome: "cancelled" });
  // The promise is about this very time, so it is the outcome here.
  expect(Date.now() - asked).toBeLessThan(2_000);
  expect(sleeping(nap)).toBe(0);
  expect(modeEnd(await test.facts(id))).toMatchObject({ outcome: "stopped" });
});

it("a fork in the middle of a run has all of it, stopped, and the run itself goes on undisturbed", async () => {
  const id = await begin("review", { members: [member("author"), member("x")] }, {
    author: [[bash("sleep 0.4"), { text: "the work" }]],
    x: [approve("good")],
  });
  const fork = (await test.runtime.fork(id)).session_id;
  const forked = await test.facts(fork);
  expect(modeEnd(forked)).toMatchObject({ outcome: "stopped", reason: "the session was forked" });
  expect(forked.findLast(({ type }) => type === "turn.ended")).toMatchObject({ actor: "main" });
  expect(await mainEnd(id)).toMatchObject({ outcome: "completed" });
  expect(modeEnd(await test.facts(id))).toMatchObject({ text: "the work" });
  const again = await test.turn(
    fork,
    partsMessage("Again.", { author: [text("other work")], x: [approve("good")] }),
  );
  expect(again.messages.at(-1)).toMatchObject({ text: "other work" });
});

/** How many processes sleep for so long. */
function sleeping(seconds: string): number {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => {
    try {
      return /^\d+$/.test(name) && Deno.readTextFileSync(`/proc/${name}/cmdline`) === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  }).length;
}
