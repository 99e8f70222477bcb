import { expect, it } from "vitest";
import { parkedReason } from "../../machines/cancel_end.ts";
import { memberPath } from "../../machines/member_path.ts";
import { fromPlainSession, toPlainSession } from "../../machines/plain_session.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, hasEnded } from "../../machines/session_state.ts";
import { answers, cancel, fork, lastRun, openMode, owedBy, say } from "../support/mode_world.ts";
import { owedKeys, type World } from "../support/session_world.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));
const no = { max: 0, backoff_ms: 10 };
const yes = "fine\nVERDICT: APPROVE";
const change = "change it\nVERDICT: REVISE";

/** Nothing is owed, nobody of the run is left, and the main agent's turn is over. */
function isOver(world: World, outcome: string): void {
  expect(owedKeys(world)).toEqual([]);
  expect(Object.keys(world.state.agents)).toEqual(["main"]);
  expect(Object.values(world.state.supervisors).every(hasEnded)).toBe(true);
  expect(world.last("turn.ended")).toMatchObject({ actor: "main", data: { outcome } });
}

it("a review in which all approve ends with the author's work", () => {
  const { world, run } = openMode("review", { members: named("author", "x", "y") });
  answers(world, run, { author: "the work", x: yes, y: yes });
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "completed",
    reason: "approved by all after 1 round",
    text: "the work",
  });
  isOver(world, "completed");
});

it("a review at its last round says who does not approve, and gives the work all the same", () => {
  const { world, run } = openMode("review", { members: named("author", "x", "y"), rounds_max: 2 });
  answers(world, run, { author: "one", x: yes, y: change });
  answers(world, run, { author: "two", x: yes, y: "no verdict at all" });
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "limit",
    reason: "after 2 rounds not all approve: y",
    text: "two",
  });
  isOver(world, "limit");
});

it("a failed member begins again after a wait that doubles, and is then given up, visibly", () => {
  const { world, run } = openMode("review", {
    members: named("author", "x"),
    restart: { max: 2, backoff_ms: 100 },
  });
  for (const after of [100, 200]) {
    world.refuse(owedBy(world, run, "author"));
    const [timer] = world.owed();
    expect(timer).toMatchObject({ kind: "timer.wait", params: { after_ms: after } });
    expect(world.last("mode.member_failed").data).toMatchObject({ restarts: true, after_ms: after });
    if (timer !== undefined) world.fire(timer);
  }
  world.refuse(owedBy(world, run, "author"));
  expect(world.last("mode.member_failed").data).toMatchObject({
    member: "author",
    attempt: 3,
    restarts: false,
    error: "the model is not there",
  });
  expect(world.last("agent.failed")).toMatchObject({ actor: memberPath(run, "author") });
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "failed",
    reason: "the author was given up: author",
  });
  isOver(world, "failed");
});

it("a reviewer who is given up is done without, as long as one is left", () => {
  const { world, run } = openMode("review", { members: named("author", "x", "y"), restart: no });
  answers(world, run, { author: "the work" });
  world.refuse(owedBy(world, run, "x"));
  answers(world, run, { y: yes });
  expect(world.last("mode.finished").data).toMatchObject({ outcome: "completed", text: "the work" });
  isOver(world, "completed");
});

it("a review without any reviewer left fails", () => {
  const { world, run } = openMode("review", { members: named("author", "x"), restart: no });
  answers(world, run, { author: "the work" });
  world.refuse(owedBy(world, run, "x"));
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "failed",
    reason: "no reviewer is left: x",
  });
  isOver(world, "failed");
});

it("a debate goes on with two, and fails with one", () => {
  const { world, run } = openMode("debate", { members: named("a", "b", "c"), restart: no });
  world.refuse(owedBy(world, run, "c"));
  answers(world, run, { a: "1", b: "2" });
  answers(world, run, { a: "no\nVERDICT: DISAGREE" });
  world.refuse(owedBy(world, run, "b"));
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "failed",
    reason: "nobody is left to debate with: b, c",
  });
  isOver(world, "failed");
});

it("a parallel run makes its answer of those who are left", () => {
  const { world, run } = openMode("parallel", { members: named("a", "b"), restart: no });
  world.refuse(owedBy(world, run, "a"));
  answers(world, run, { b: "blue", synthesiser: "it is blue" });
  expect(world.last("mode.finished").data).toMatchObject({ outcome: "completed", text: "it is blue" });
  isOver(world, "completed");
});

it("a sequence ends where a member is given up: what comes after it has nothing to go on with", () => {
  const { world, run } = openMode("sequential", { members: named("a", "b", "c"), restart: no });
  answers(world, run, { a: "one" });
  world.refuse(owedBy(world, run, "b"));
  expect(world.last("mode.finished").data).toMatchObject({ outcome: "failed" });
  expect(world.facts.some(({ actor }) => actor === memberPath(run, "c"))).toBe(false);
  isOver(world, "failed");
});

for (const whom of ["main", "the run"] as const) {
  it(`a cancel of ${whom} ends all members, and the run says that it was stopped`, () => {
    const { world, run } = openMode("parallel", { members: named("a", "b") });
    expect(cancel(world, whom === "main" ? "main" : run)).toBeNull();
    expect(world.last("mode.finished").data).toMatchObject({
      outcome: "stopped",
      reason: "it was cancelled",
    });
    isOver(world, whom === "main" ? "cancelled" : "interrupted");
  });
}

it("a run whose budget is used up ends at the limit, with all its members", () => {
  const { world, run } = openMode("debate", { members: named("a", "b") });
  answers(world, run, { a: "1" });
  world.tell({ actor: run, type: "turn.cancelled", data: { by: "budget", outcome: "limit" } });
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "limit",
    reason: "a budget was used up",
  });
  isOver(world, "limit");
});

it("a run that was parked says so, and is not said to have been cancelled", () => {
  const { world, run } = openMode("debate", { members: named("a", "b") });
  world.tell({ actor: run, type: "turn.cancelled", data: { by: "recovery", outcome: "parked" } });
  expect(world.last("mode.finished").data).toMatchObject({ outcome: "stopped", reason: parkedReason });
});

it("a cancel while a failed member waits forgets the wait", () => {
  const { world, run } = openMode("review", { members: named("author", "x") });
  world.refuse(owedBy(world, run, "author"));
  cancel(world, "main");
  isOver(world, "cancelled");
});

it("a fork has the run stopped; messages after that begin another run", () => {
  const { world, run } = openMode("debate", { members: named("a", "b") });
  answers(world, run, { a: "1" });
  expect(fork(world)).toBeNull();
  expect(world.last("mode.finished").data).toMatchObject({
    outcome: "stopped",
    reason: "the session was forked",
  });
  isOver(world, "interrupted");
  expect(say(world, "again")).toBeNull();
  expect(lastRun(world)).not.toBe(run);
});

it("what is said to the main agent meanwhile begins the run after this one, which is told of this one's answer", () => {
  const { world, run } = openMode("sequential", { members: named("a") });
  say(world, "and then?");
  answers(world, run, { a: "first answer" });
  const second = lastRun(world);
  expect(second).not.toBe(run);
  const { prompt } = world.last("agent.started").data;
  expect(prompt.indexOf("first answer")).toBeGreaterThan(prompt.indexOf("The user said:\ngo"));
  expect(prompt.indexOf("and then?")).toBeGreaterThan(prompt.indexOf("# The request"));
  answers(world, second, { a: "second answer" });
  isOver(world, "completed");
});

it("pictures of the message reach the members", () => {
  const { world, run } = openMode("sequential", { members: named("a") });
  answers(world, run, { a: "first answer" });
  const images = [{ media_type: "image/png" as const, data: "AAAA" }];
  const data = { message_id: "p", text: "what is this?", delivery: "steer" as const, images };
  expect(world.tell({ actor: "main", type: "message.received", data })).toBeNull();
  expect(world.transcript.forRequest(memberPath(lastRun(world), "a"))[0]).toMatchObject({
    role: "user",
    images,
  });
});

it("what a person says to a member is answered, and is not taken for its part in the run", () => {
  const { world, run } = openMode("review", { members: named("author", "x") });
  answers(world, run, { author: "the work" });
  say(world, "why so?", memberPath(run, "author"));
  answers(world, run, { x: yes });
  // The run waits for the talk to end.
  expect(world.facts.some(({ type }) => type === "mode.finished")).toBe(false);
  answers(world, run, { author: "because" });
  expect(world.last("mode.finished").data).toMatchObject({ text: "the work" });
  isOver(world, "completed");
});

it("a member that a person cancels is given up at once", () => {
  const { world, run } = openMode("review", { members: named("author", "x", "y") });
  answers(world, run, { author: "the work" });
  cancel(world, memberPath(run, "x"));
  expect(world.last("mode.member_failed").data).toMatchObject({
    member: "x",
    restarts: false,
    error: "its turn was cancelled",
  });
  answers(world, run, { y: yes });
  isOver(world, "completed");
});

for (const mode of ["sequential", "parallel", "debate", "review"] as const) {
  it(`a ${mode} run restored from JSON at any fact steps like the one it was made from`, () => {
    const members = mode === "review" ? named("author", "x") : named("a", "b");
    const { world } = openMode(mode, { members, restart: { max: 1, backoff_ms: 10 } });
    const [first] = world.owed();
    if (first !== undefined) world.refuse(first);
    for (let effect = world.owed()[0]; effect !== undefined; effect = world.owed()[0]) {
      if (effect.kind === "timer.wait") world.fire(effect);
      else world.answer(effect, "VERDICT: AGREE");
    }
    let state = emptySession;
    for (const fact of world.facts) {
      const [plain, restored] = [state, fromPlainSession(JSON.parse(JSON.stringify(toPlainSession(state))))]
        .map((from) => stepSession(from, fact));
      if (plain === undefined || plain.ignored) throw new Error(`"${fact.type}" was refused`);
      expect(restored).toMatchObject({ ignored: false, post: plain.post });
      state = plain.state;
    }
    expect(world.last("mode.finished").data.reason).not.toBe("");
  });
}
