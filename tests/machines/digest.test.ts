// Digests of steps: equal states have equal ones, however they came to be, and every part of a state counts.
import { expect, it } from "vitest";
import { digest, partText } from "../../machines/digest.ts";
import { openDraft, postDigest } from "../../machines/session_draft.ts";
import { emptySession, type SessionState } from "../../machines/session_state.ts";
import { deepFreeze, fromPlain, startMachine, toPlain } from "../../machines/step.ts";
import { subAgentMachine } from "../../machines/sub_agent.ts";
import type { PendingEffect } from "../../machines/effects.ts";
import type { Fact } from "../../src/protocol/facts.ts";

const long = () => ({ ids: Array.from({ length: 50 }, (_, n) => `node ${n}`), inner: { deep: [1, 2] } });

it("a part that is frozen has the digest that it has when it is not, also the second time", () => {
  const frozen = long();
  deepFreeze(frozen);
  expect(partText(frozen)).toBe(digest(JSON.stringify(long())));
  expect([partText(frozen), partText(long())]).toEqual([partText(frozen), partText(frozen)]);
});

it("a part that may still change is read anew each time", () => {
  const part = long();
  const before = partText(part);
  part.inner.deep.push(3);
  expect(partText(part)).not.toBe(before);
});

const input = { agent: "a", path: "main/agent:a", callId: "c1", kind: "task", worktree: false };
const restart = { max: 2, backoff_ms: 5 };
const life = (more = {}) => startMachine(subAgentMachine, { ...input, restart, ...more }).snapshot;
const owed = (call_id: string): PendingEffect => ({
  kind: "call.run",
  actor: "main",
  params: { call_id, reason: "longer than what is digested as it is" },
  attempts: 0,
});
const fact: Fact = { seq: 1, at: "", v: 1, actor: "main", type: "timer.fired", data: { timer_id: "t" } };

function digestOf(
  snapshot = life(),
  effects: SessionState["effects"] = { "call.run:c1": owed("c1") },
): string {
  const draft = openDraft({ ...emptySession, effects }, fact);
  draft.touched.push({ name: "child:a", snapshot });
  return postDigest(draft);
}

it("a state that was restored from its plain form has the digest of the one that lived", () => {
  const restored = fromPlain(subAgentMachine, JSON.parse(JSON.stringify(toPlain(life()))));
  expect(digestOf(restored)).toBe(digestOf());
  expect(digestOf(life(), JSON.parse(JSON.stringify({ "call.run:c1": owed("c1") })))).toBe(digestOf());
});

it("any other value of a context, small or large, and any other effect that is owed gives another digest", () => {
  const others = [
    digestOf(life({ callId: "c2" })),
    digestOf(life({ worktree: true })),
    digestOf(life({ restart: { max: 3, backoff_ms: 5 } })),
    digestOf(life(), {}),
    digestOf(life(), { "call.run:c1": { ...owed("c1"), attempts: 1 } }),
    digestOf(life(), { "call.run:c1": { ...owed("c1"), params: { ...owed("c1").params, call_id: "c3" } } }),
  ];
  expect(new Set([digestOf(), ...others]).size).toBe(others.length + 1);
});
