import { expect, it } from "vitest";
import { atRest } from "../../machines/session_state.ts";
import { createdData, modelCalled, replied, tellStory, withCalls } from "../support/story.ts";

const message = { message_id: "m", text: "hi", delivery: "steer" as const };
const call = (call_id: string) => ({ call_id, name: "Bash" });
const finished = (call_id: string) => ({ ...call(call_id), output: "", truncated: false });

it("a message to an idle session calls the model", () => {
  const story = tellStory();
  expect(story.log("message.received", message)).toEqual(["model.call:r2"]);
  expect(story.status).toBe("thinking");
});

it("an answer without calls ends the turn, and the session is at rest", () => {
  const story = tellStory();
  story.log("message.received", message);
  modelCalled(story, "r2");
  expect(replied(story, "r2")).toEqual(["turn.end:main"]);
  story.log("turn.ended", { outcome: "completed", steps: 1 });
  expect(story.status).toBe("idle");
  expect(atRest(story.state)).toBe(true);
});

it("an answer to a model call that is not in flight is refused", () => {
  const story = tellStory();
  story.log("message.received", message);
  expect(story.refuses("model.failed", { request_id: "r1", error: { code: "x", message: "x" } })).toContain(
    "thinking",
  );
});

it("a call is reviewed, asked for, approved, run and answered to the model", () => {
  const story = withCalls(tellStory(), ["c1"]);
  expect(story.owed).toEqual(["call.review:c1"]);
  story.log("call.approval_requested", { ...call("c1"), prompt: "ls", digest: "d" });
  expect(story.status).toBe("waiting_for_approval");
  expect(story.owed).toEqual([]);
  const approved = { ...call("c1"), by: "me", decision: "allow_once" as const, digest: "d" };
  expect(story.log("call.approved", approved)).toEqual(["call.run:c1"]);
  story.log("call.started", { ...call("c1"), attempt: 1 });
  expect(story.log("call.finished", finished("c1"))).toEqual([`model.call:r${story.state.seq}`]);
  expect(story.status).toBe("thinking");
});

it("the model is called again only when the last of several calls has its result", () => {
  const story = withCalls(tellStory(), ["c1", "c2"]);
  story.log("call.started", { ...call("c1"), attempt: 1 });
  story.log("call.started", { ...call("c2"), attempt: 1 });
  expect(story.log("call.finished", finished("c2"))).toEqual([]);
  expect(story.log("call.failed", { ...call("c1"), error: "no" })).toEqual([
    `model.call:r${story.state.seq}`,
  ]);
});

it("a session waits for approval until the last question is answered", () => {
  const story = withCalls(tellStory(), ["c1", "c2"]);
  for (const id of ["c1", "c2"]) {
    story.log("call.approval_requested", { ...call(id), prompt: "", digest: "d" });
  }
  story.log("call.denied", { ...call("c1"), by: "me", reason: "no" });
  expect(story.status).toBe("waiting_for_approval");
  story.log("call.approved", { ...call("c2"), by: "me", decision: "allow_once", digest: "d" });
  expect(story.status).toBe("acting");
});

it("a call takes exactly one result", () => {
  const story = withCalls(tellStory(), ["c1", "c2"]);
  story.log("call.failed", { ...call("c1"), error: "no" });
  expect(story.refuses("call.finished", finished("c1"))).toBe('there is no open call "c1"');
});

it("the second answer to an approval is refused", () => {
  const story = withCalls(tellStory(), ["c1"]);
  story.log("call.approval_requested", { ...call("c1"), prompt: "", digest: "d" });
  const approved = { ...call("c1"), by: "me", decision: "allow_once" as const, digest: "d" };
  story.log("call.approved", approved);
  expect(story.refuses("call.approved", approved)).toBe('call "c1" is approved');
});

it("a message while the model thinks steers the same turn", () => {
  const story = tellStory();
  story.log("message.received", message);
  modelCalled(story, "r2");
  story.log("message.received", { ...message, message_id: "n" });
  expect(replied(story, "r2")).toEqual([`model.call:r${story.state.seq}`]);
});

it("a message that was in time for the model call does not cause another", () => {
  const story = tellStory();
  story.log("message.received", message);
  story.log("message.received", { ...message, message_id: "n" });
  modelCalled(story, "r2");
  expect(replied(story, "r2")).toEqual(["turn.end:main"]);
});

it("a queued message begins the next turn by itself", () => {
  const story = tellStory();
  story.log("message.received", message);
  story.log("message.received", { ...message, message_id: "n", delivery: "queue" });
  modelCalled(story, "r2");
  replied(story, "r2");
  expect(story.log("turn.ended", { outcome: "completed", steps: 1 })).toEqual([
    `model.call:r${story.state.seq}`,
  ]);
});

it("a turn ends at its limit of model calls", () => {
  const story = tellStory();
  story.log("message.received", { ...message, max_steps: 1 });
  modelCalled(story, "r2");
  const calls = [{ call_id: "c1", name: "Bash", args: {} }];
  story.log("model.replied", {
    request_id: "r2",
    text: "",
    calls,
    usage: { input_tokens: 1, output_tokens: 1 },
    stop_reason: "",
  });
  story.log("call.proposed", { call_id: "c1", name: "Bash", args: {}, by: "model" });
  expect(story.log("call.failed", { ...call("c1"), error: "" })).toEqual(["turn.end:main"]);
  expect(story.state.effects["turn.end:main"]?.params).toMatchObject({ outcome: "limit" });
});

it("a cancelled turn waits for its model call to end, and starts no tool", () => {
  const story = tellStory();
  story.log("message.received", message);
  expect(story.log("turn.cancelled", { by: "me", outcome: "cancelled" })).toEqual(["work.cancel:main"]);
  const late = {
    request_id: "r2",
    text: "",
    calls: [{ call_id: "c1", name: "Bash", args: {} }],
    usage: { input_tokens: 0, output_tokens: 0 },
    stop_reason: "",
  };
  expect(story.refuses("model.replied", late)).toContain("cancelling");
  expect(story.log("model.failed", { request_id: "r2", error: { code: "cancelled", message: "" } })).toEqual([
    "turn.end:main",
  ]);
  story.log("turn.ended", { outcome: "cancelled", steps: 1 });
  expect(story.status).toBe("interrupted");
});

it("a call of a cancelled turn may not start any more", () => {
  const story = withCalls(tellStory(), ["c1"]);
  story.log("turn.cancelled", { by: "me", outcome: "cancelled" });
  expect(story.refuses("call.started", { ...call("c1"), attempt: 1 })).toBe("the turn is being cancelled");
  expect(story.log("call.interrupted", { ...call("c1"), reason: "cancelled" })).toEqual(["turn.end:main"]);
});

it("an idle session has no turn to cancel", () => {
  expect(tellStory().refuses("turn.cancelled", { by: "me", outcome: "cancelled" })).toBe(
    'agent "main" is idle',
  );
});

it("a failed model call ends the turn as failed, and the next message goes on", () => {
  const story = tellStory();
  story.log("message.received", message);
  story.log("model.failed", { request_id: "r2", error: { code: "auth", message: "bad key" } });
  expect(story.state.effects["turn.end:main"]?.params).toMatchObject({
    outcome: "failed",
    error: { code: "auth" },
  });
  story.log("turn.ended", { outcome: "failed", steps: 1, error: { code: "auth", message: "bad key" } });
  expect(story.status).toBe("failed");
  expect(story.log("message.received", message)).toHaveLength(1);
});

it("a sub-agent has its own loop, and its end ends the call of its parent", () => {
  const story = withCalls(tellStory(), ["c1"]);
  const child = "main/agent:c1";
  story.log("call.started", { ...call("c1"), attempt: 1 });
  const started = story.log("agent.started", {
    agent: "c1",
    parent: "main",
    description: "d",
    prompt: "p",
    call_id: "c1",
  }, child);
  const request = `r${story.state.seq}`;
  expect(started).toEqual([`model.call:${request}`]);
  modelCalled(story, request, child);
  expect(replied(story, request, child)).toEqual([`turn.end:${child}`]);
  expect(story.log("turn.ended", { outcome: "completed", steps: 1 }, child)).toEqual([
    "agent.report:main/agent:c1",
  ]);
  expect(story.log("agent.finished", { agent: "c1", result: "r" }, child)).toEqual(["call.report:c1"]);
  expect(story.log("call.finished", finished("c1"))).toHaveLength(1);
  expect(Object.keys(story.state.agents)).toEqual(["main"]);
});

it("an archived session takes no message until it is restored", () => {
  const story = tellStory();
  story.log("session.archived", {});
  expect(story.refuses("message.received", message)).toContain("stopped");
  story.log("session.restored", {});
  expect(story.log("message.received", message)).toHaveLength(1);
});

it("a busy session cannot be archived", () => {
  expect(withCalls(tellStory(), ["c1"]).refuses("session.archived", {})).toContain("acting");
});

it("a call run by hand leaves the agent alone", () => {
  const story = tellStory();
  expect(story.log("call.proposed", { ...call("h1"), args: {}, by: "user" })).toEqual(["call.review:h1"]);
  story.log("call.started", { ...call("h1"), attempt: 1 });
  expect(story.log("call.finished", finished("h1"))).toEqual([]);
  expect(story.status).toBe("idle");
});

it("starting work counts the attempts of the effect it belongs to", () => {
  const story = tellStory();
  story.log("message.received", message);
  modelCalled(story, "r2");
  modelCalled(story, "r2");
  expect(story.state.effects["model.call:r2"]?.attempts).toBe(2);
});

it("nothing is taken before the session is created", () => {
  expect(tellStory().refuses("message.received", message, "main/agent:none")).toBe(
    'there is no agent "main/agent:none"',
  );
  expect(() => tellStory().log("session.created", createdData())).not.toThrow();
});

it("standing answers are kept for the session", () => {
  const story = withCalls(tellStory(), ["c1", "c2"]);
  for (const id of ["c1", "c2"]) {
    story.log("call.approval_requested", { ...call(id), prompt: "", digest: "d" });
  }
  story.log("call.approved", {
    ...call("c1"),
    by: "me",
    decision: "allow_always",
    digest: "d",
    grant: "Bash(ls)",
  });
  story.log("call.denied", { ...call("c2"), by: "me", reason: "no", grant: "Bash(rm)" });
  expect(story.state.meta).toMatchObject({ granted: ["Bash(ls)"], refused: ["Bash(rm)"] });
});

it("a call may be started again after a restart, and a sub-agent taken up again", () => {
  const story = withCalls(tellStory(), ["c1"]);
  story.log("call.started", { ...call("c1"), attempt: 1 });
  story.log("call.started", { ...call("c1"), attempt: 2 });
  expect(story.state.effects["call.review:c1"]?.attempts).toBe(2);
  const child = "main/agent:c1";
  story.log(
    "agent.started",
    { agent: "c1", parent: "main", description: "d", prompt: "p", call_id: "c1" },
    child,
  );
  expect(story.log("agent.resumed", { agent: "c1" }, child)).toEqual([]);
});

it("a fork of an archived session is not archived", () => {
  const story = tellStory();
  story.log("session.archived", {});
  story.log("session.forked", { session_id: "t", from: "s", at: 2 });
  expect(story.state.meta).toMatchObject({ archived: false });
  expect(story.log("message.received", message)).toHaveLength(1);
});

it("the limit of one turn is not that of the next", () => {
  const story = tellStory();
  story.log("message.received", { ...message, max_steps: 1 });
  story.log("message.received", { ...message, message_id: "n", delivery: "queue" });
  modelCalled(story, "r2");
  replied(story, "r2");
  story.log("turn.ended", { outcome: "completed", steps: 1 });
  expect(story.state.agents.main?.context.stepsMax).toBe(null);
});
