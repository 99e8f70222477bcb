// Stories of a team: through the real composer, machines and voices.
import { expect, it } from "vitest";
import { parkedReason } from "../../machines/cancel_end.ts";
import { teamView } from "../../actors/team_view.ts";
import { memberPath } from "../../machines/member_path.ts";
import type { World } from "../support/session_world.ts";
import { act, done, modelCall, openTeam, rest, team, tellOr } from "../support/team_world.ts";

const alice = memberPath(team, "alice");
const bob = memberPath(team, "bob");
const states = (world: World) => teamView(world, team).members.map(({ name, state }) => `${name} ${state}`);
const types = (world: World, type: string) => world.facts.filter((fact) => fact.type === type);

it("every member begins with its own prompt, and the team is completed when each has said that its work is done", () => {
  const world = openTeam(["alice", "bob"]);
  expect(states(world)).toEqual(["alice working", "bob working"]);
  expect(world.transcript.messages(alice)).toEqual([{ role: "user", text: "You are alice" }]);
  expect(world.transcript.crew.agent(alice)?.profile.instructions).toContain("- bob");
  done(world, "alice");
  expect(states(world)).toEqual(["alice done", "bob working"]);
  done(world, "bob");
  const { outcome, reason, members } = world.last("team.finished").data;
  expect({ outcome, reason }).toEqual({
    outcome: "completed",
    reason: "every member said that its work is done",
  });
  expect(members).toContainEqual({ name: "alice", state: "done", summary: "alice is done" });
  expect(world.owed()).toEqual([]);
});

it("mail reaches a member that works before its next model call, and wakes one that rests", () => {
  const world = openTeam(["alice", "bob"]);
  rest(world, "bob");
  expect(act(world, "alice", "SendMessage", { to: ["bob"], message: "ready?" })).toBeNull();
  expect(states(world)).toEqual(["alice working", "bob working"]);
  act(world, "bob", "SendMessage", { to: ["alice"], message: "yes" });
  expect(world.transcript.forRequest(alice).at(-1)).toMatchObject({
    text: '<message from="bob">\nyes\n</message>',
  });
});

it("mail to a member that has ended is an error to its sender and nothing else", () => {
  const world = openTeam(["alice", "bob"]);
  done(world, "bob");
  expect(act(world, "alice", "SendMessage", { to: ["bob"], message: "hello" })).toContain("has ended");
  expect(types(world, "team.message_sent")).toEqual([]);
  expect(world.transcript.forRequest(alice).at(-1)).toMatchObject({ role: "tool", is_error: true });
});

it("whoever owns a task hears of it when it rests and nothing is in the way any more, once", () => {
  const world = openTeam(["alice", "bob"]);
  act(world, "alice", "TaskCreate", { task_id: "t1" });
  act(world, "alice", "TaskCreate", { task_id: "t2", owner: "bob", blocked_by: ["t1"] });
  rest(world, "bob");
  expect(teamView(world, team).members[1]).toMatchObject({
    state: "waiting",
    detail: 'rests: its task "t2" waits for "t1" of nobody',
    tasks: ["t2"],
  });
  act(world, "alice", "TaskUpdate", { task_id: "t1" });
  const told = world.transcript.messages(bob).at(-1);
  expect(told).toMatchObject({ role: "user" });
  expect(JSON.stringify(told)).toContain('Task \\"t2\\"');
  rest(world, "bob");
  expect(states(world)).toEqual(["alice working", "bob idle"]);
});

it("a member that works hears of a task of its own when it rests", () => {
  const world = openTeam(["alice", "bob"]);
  act(world, "alice", "TaskCreate", { task_id: "t1", owner: "@bob" });
  expect(world.transcript.messages(bob)).toHaveLength(1);
  rest(world, "bob");
  expect(JSON.stringify(world.transcript.messages(bob).at(-1))).toContain('Task \\"t1\\"');
});

it("when everybody rests those that are not done are told twice, then the team ends and says who waited for what", () => {
  const world = openTeam(["alice", "bob"]);
  done(world, "alice");
  rest(world, "bob");
  rest(world, "bob");
  expect(types(world, "team.round_ended")).toHaveLength(2);
  rest(world, "bob");
  const { outcome, reason } = world.last("team.finished").data;
  expect(outcome).toBe("failed");
  expect(reason).toContain("these were not done: bob");
  expect(world.last("agent.stopped").actor).toBe(bob);
  expect(world.owed()).toEqual([]);
});

it("a round in which something happened is not counted", () => {
  const world = openTeam(["alice", "bob"]);
  done(world, "alice");
  for (let n = 0; n < 6; n++) {
    rest(world, "bob");
    act(world, "bob", "Bash");
  }
  expect(types(world, "team.finished")).toEqual([]);
  for (let n = 0; n < 3; n++) rest(world, "bob");
  expect(world.last("team.finished").data.outcome).toBe("failed");
});

it("a member whose turn fails is begun again after a wait that doubles, then given up, and the others hear of it", () => {
  const world = openTeam(["alice", "bob"], { restart: { max: 2, backoff_ms: 1_000 } });
  rest(world, "alice");
  for (const after_ms of [1_000, 2_000]) {
    world.refuse(modelCall(world, bob));
    const timer = world.owed().find(({ kind }) => kind === "timer.wait");
    expect(timer?.params).toMatchObject({ after_ms, timer_id: `${team}#again:bob` });
    expect(states(world)[1]).toBe("bob waiting");
    if (timer !== undefined) world.fire(timer);
  }
  world.refuse(modelCall(world, bob));
  expect(types(world, "team.member_failed").map(({ data }) => data)).toMatchObject([
    { attempt: 1, restarts: true, after_ms: 1_000 },
    { attempt: 2, restarts: true, after_ms: 2_000 },
    { attempt: 3, restarts: false },
  ]);
  expect(world.last("agent.failed").data.error).toContain("3 times in a row: the model is not there");
  expect(JSON.stringify(world.transcript.forRequest(alice).at(-1))).toContain("bob was given up");
  done(world, "alice");
  expect(world.last("team.finished").data).toMatchObject({ outcome: "failed" });
  expect(world.last("team.finished").data.reason).toContain("bob failed");
});

it("a person can begin a member that waits to be begun again, and its timer is dropped", () => {
  const world = openTeam(["alice", "bob"]);
  world.refuse(modelCall(world, bob));
  tellOr(world, {
    actor: bob,
    type: "message.received",
    data: { message_id: "p", text: "now", delivery: "steer" },
  });
  expect(world.owed().map(({ kind }) => kind)).toEqual(["model.call", "model.call"]);
  done(world, "bob");
  done(world, "alice");
  expect(world.last("team.finished").data.outcome).toBe("completed");
});

it("a team that is cancelled stops all its members, those that work and those that rest", () => {
  const world = openTeam(["alice", "bob"]);
  rest(world, "alice");
  tellOr(world, { actor: team, type: "turn.cancelled", data: { by: "user", outcome: "cancelled" } });
  expect(world.last("team.finished").data).toMatchObject({ outcome: "stopped", reason: "it was cancelled" });
  expect(types(world, "agent.stopped")).toHaveLength(2);
  expect(world.owed()).toEqual([]);
});

it("a team that was parked says so, and is not said to have been cancelled", () => {
  const world = openTeam(["alice", "bob"]);
  tellOr(world, { actor: team, type: "turn.cancelled", data: { by: "recovery", outcome: "parked" } });
  expect(world.last("team.finished").data).toMatchObject({ outcome: "stopped", reason: parkedReason });
});

it("a call that waits for a team gets its result when all is over, or at once in the background", () => {
  const world = openTeam(["alice"], { led: true });
  done(world, "alice");
  expect(world.last("call.finished").data).toMatchObject({ name: "Team" });
  expect(world.last("call.finished").data.output).toContain("- alice (done): alice is done");

  const beside = openTeam(["alice"], { led: true, wait: "background" });
  expect(beside.last("call.finished").data).toMatchObject({ name: "Team" });
  beside.answer(modelCall(beside, "main"), "I go on");
  done(beside, "alice");
  expect(JSON.stringify(beside.transcript.forRequest("main").at(-1))).toContain('Team \\"crew\\" has ended');
  modelCall(beside, "main");
});

it("in hybrid the call ends when all milestones are reached, and the team goes on", () => {
  const world = openTeam(["alice", "bob"], { led: true, wait: "hybrid", milestones: ["draft", "review"] });
  act(world, "alice", "WorkDone", { summary: "s", milestone: "draft" });
  expect(act(world, "alice", "WorkDone", { summary: "s", milestone: "draft" })).not.toBeNull();
  expect(world.last("call.failed").actor).toBe(alice);
  act(world, "bob", "WorkDone", { summary: "s", milestone: "review" });
  const result = types(world, "call.finished").find(({ actor }) => actor === "main");
  expect(JSON.stringify(result?.data)).toContain("milestones");
  expect(teamView(world, team)).toMatchObject({
    state: "running",
    milestones: [{ reached_by: "alice" }, {}],
  });
  done(world, "alice");
  done(world, "bob");
  expect(world.last("team.finished").data.outcome).toBe("completed");
  expect(Object.keys(world.state.effects).filter((key) => key.startsWith("call.report"))).toEqual([]);
});

it("cancelling the agent that leads a team cancels the team, and its call gets its one result", () => {
  const world = openTeam(["alice", "bob"], { led: true });
  tellOr(world, { actor: "main", type: "turn.cancelled", data: { by: "user", outcome: "cancelled" } });
  expect(world.last("team.finished").data.outcome).toBe("stopped");
  expect(types(world, "call.finished").filter(({ actor }) => actor === "main")).toHaveLength(1);
  expect(world.last("turn.ended")).toMatchObject({ actor: "main", data: { outcome: "cancelled" } });
});

it("in a fork nothing of the team runs any more", () => {
  const world = openTeam(["alice", "bob"]);
  rest(world, "alice");
  tellOr(world, { actor: "main", type: "session.forked", data: { session_id: "f", from: "s", at: 9 } });
  expect(world.last("team.finished").data).toMatchObject({ outcome: "stopped" });
  expect(world.owed()).toEqual([]);
});

it("a member waits for what it left running, and the team does not end because of it", () => {
  const world = openTeam(["alice"]);
  const started = { background_id: "b1", call_id: "x", command: "sleep 9", evidence: null };
  act(world, "alice", "Bash");
  tellOr(world, { actor: alice, type: "background.started", data: started });
  rest(world, "alice");
  expect(world.last("team.round_ended").data.waiting).toEqual(["alice"]);
  expect(states(world)).toEqual(["alice waiting"]);
  expect(world.owed().map(({ kind }) => kind).sort()).toEqual(["background.run", "timer.wait"]);
  tellOr(world, {
    actor: alice,
    type: "background.ended",
    data: { background_id: "b1", status: "exited", output: "" },
  });
  expect(world.owed().map(({ kind }) => kind)).toEqual(["model.call"]);
  done(world, "alice");
  expect(world.last("team.finished").data.outcome).toBe("completed");
});
