// Cancels that a crash cut off after the first of their facts: whom the next daemon still has to tell.
import { expect, it } from "vitest";
import { owedCancel } from "../../actors/owed_cancels.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, type SessionState } from "../../machines/session_state.ts";
import type { FactDraft } from "../../src/protocol/facts.ts";

const at = "2026-01-01T00:00:00.000Z";

/** The state after these facts, as a log would have them that was cut after the last. */
function after(drafts: readonly FactDraft[]): SessionState {
  let state = emptySession;
  for (const draft of drafts) {
    const step = stepSession(state, { ...draft, seq: state.seq + 1, at, v: 1 });
    if (step.ignored) throw new Error(`"${draft.type}" was refused: ${step.why}`);
    state = step.state;
  }
  return state;
}

const begun: FactDraft = {
  actor: "main",
  type: "session.created",
  data: {
    session_id: "s",
    workspace: "/",
    add_dirs: [],
    provider: "p",
    model: "m",
    agent_mode: "single",
    permission_mode: "default",
    machine_version: "x",
  },
};
const message: FactDraft = {
  actor: "main",
  type: "message.received",
  data: { message_id: "m", text: "go", delivery: "steer" },
};
const agent = (path: string, parent: string): FactDraft => ({
  actor: path,
  type: "agent.started",
  data: {
    agent: path,
    parent,
    description: "d",
    prompt: "p",
    kind: "background",
    restart: { max: 1, backoff_ms: 60_000 },
  },
});
const turnEnded = (actor: string, outcome: "completed" | "failed"): FactDraft => ({
  actor,
  type: "turn.ended",
  data: { outcome, steps: 1 },
});
const cancelled: FactDraft = {
  actor: "main",
  type: "turn.cancelled",
  data: { by: "a person", outcome: "cancelled" },
};

it("an agent that waits to go on after its endpoint failed is told as well", () => {
  const error = { code: "unavailable", message: "nobody answers" };
  const state = after([
    begun,
    message,
    agent("main/agent:a", "main"),
    { actor: "main/agent:a", type: "model.failed", data: { request_id: "r3", error } },
    turnEnded("main/agent:a", "failed"),
    {
      actor: "main/agent:a",
      type: "agent.restarted",
      data: { agent: "a", attempt: 1, after_ms: 60_000, error: "nobody answers" },
    },
    cancelled,
  ]);
  expect(owedCancel(state)).toMatchObject({
    actor: "main/agent:a",
    data: { by: "main", outcome: "cancelled" },
  });
});

it("an agent whose leader has ended before it answers to whoever is above that one", () => {
  const reply: FactDraft = {
    actor: "main/agent:a",
    type: "model.replied",
    data: {
      request_id: "r3",
      text: "done",
      calls: [],
      usage: { input_tokens: 1, output_tokens: 1 },
      stop_reason: "stop",
    },
  };
  const state = after([
    begun,
    message,
    agent("main/agent:a", "main"),
    agent("main/agent:a/agent:b", "main/agent:a"),
    reply,
    turnEnded("main/agent:a", "completed"),
    { actor: "main/agent:a", type: "agent.finished", data: { agent: "a", result: "done" } },
    cancelled,
  ]);
  expect(owedCancel(state)).toMatchObject({
    actor: "main/agent:a/agent:b",
    data: { by: "main", outcome: "cancelled" },
  });
});

it("nobody is told while nobody above was", () => {
  expect(owedCancel(after([begun, message, agent("main/agent:a", "main")]))).toBeNull();
});
