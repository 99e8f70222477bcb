// A session without a daemon: the real composer, machines and voices; whoever uses it plays models, tools, timers and
// people. Nothing is concurrent and nothing waits, so thousands of lives are played in a minute.
import { createComposer } from "../../actors/composer.ts";
import { followUp } from "../../actors/follow_ups.ts";
import { effectKey, effectKinds, type PendingEffect } from "../../machines/effects.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, type SessionState, stateName } from "../../machines/session_state.ts";
import { createTranscript, type Transcript } from "../../machines/transcript.ts";
import { type Fact, type FactDraft, type ProposedCall } from "../../src/protocol/facts.ts";
import { createdData, usage } from "./story.ts";

export interface World {
  readonly state: SessionState;
  readonly transcript: Transcript;
  readonly facts: readonly Fact[];
  /** What is owed outside: model calls, timers, and calls but for those that a supervisor carries. */
  owed(): PendingEffect[];
  /** Logs a fact and what follows from it; returns why it was refused, or null. */
  tell(draft: FactDraft, before?: readonly FactDraft[]): string | null;
  /** The model of an owed `model.call` answers. */
  answer(effect: PendingEffect, text: string, calls?: Omit<ProposedCall, "call_id">[]): void;
  /** The model of an owed `model.call` fails. */
  refuse(effect: PendingEffect): void;
  /** An owed call runs and ends, with facts of its own; a call that was cancelled is interrupted. */
  run(effect: PendingEffect, before?: readonly FactDraft[]): string | null;
  fire(effect: PendingEffect): void;
  /** The last of its kind, or a throw. */
  last<T extends Fact["type"]>(type: T): Extract<Fact, { type: T }>;
}

/** A new session, or one whose log ends after these facts: what is owed is then taken up, as a daemon does it. */
export function openWorld(past: readonly Fact[] = []): World {
  const transcript = createTranscript();
  const facts: Fact[] = [...past];
  for (const fact of past) transcript.apply(fact);
  const composer = createComposer({
    state: foldFacts(past),
    epoch: 1,
    machineVersion: "test",
    owned: true,
    secrets: [],
    now: () => Date.UTC(2026, 0, 1) + facts.length,
    stop: () => false,
  });
  composer.setTranscript(transcript);

  const tell: World["tell"] = (draft, before = []) => {
    const composed = composer.compose(draft, { before });
    if ("refused" in composed) return composed.refused;
    facts.push(...composed.entries.map(({ fact }) => fact));
    return null;
  };
  const must = (draft: FactDraft): void => {
    const refused = tell(draft);
    if (refused !== null) throw new Error(`"${draft.type}" of ${draft.actor} was refused: ${refused}`);
  };
  const called = ({ actor, params }: PendingEffect): string => {
    const request_id = String(params.request_id);
    const data = {
      request_id,
      provider: "scripted",
      model: "demo",
      attempt: 1,
      head: {},
      request_sha256: "",
    };
    must({ actor, type: "model.called", data });
    return request_id;
  };

  /** What a crash kept from being cancelled is, when it is taken up: an executor that is stopped before it begins. */
  const isCancelling = ({ actor }: PendingEffect): boolean => {
    const agent = composer.state().agents[actor];
    return agent !== undefined && stateName(agent) === "cancelling";
  };
  const cancelled = ({ actor, params }: PendingEffect): void => {
    const error = { code: "cancelled", message: "the turn was cancelled" };
    must({ actor, type: "model.failed", data: { request_id: String(params.request_id), error } });
  };

  if (past.length === 0) must({ actor: "main", type: "session.created", data: createdData() });
  for (const [key, effect] of Object.entries(composer.state().effects)) {
    if (effectKinds[effect.kind].class !== "follow_up") continue;
    if (!Object.hasOwn(composer.state().effects, key)) continue;
    for (const draft of followUp(effect, composer.state(), composer.transcript() ?? reread())) must(draft);
  }
  return {
    get state() {
      return composer.state();
    },
    // A refused batch that had begun has the transcript read again, as the kernel does it.
    get transcript() {
      return composer.transcript() ?? reread();
    },
    facts,
    owed: () => {
      const { effects, supervisors } = composer.state();
      const carried = new Set(Object.values(supervisors).map(({ callId }) => callId));
      return Object.values(effects).filter(({ kind, params }) =>
        effectKinds[kind].class === "outside" && !carried.has(String(params.call_id))
      );
    },
    tell: (draft, before) => {
      if (composer.transcript() === undefined) reread();
      return tell(draft, before);
    },
    answer: (effect, text, calls = []) => {
      if (isCancelling(effect)) return cancelled(effect);
      const request_id = called(effect);
      const proposed = calls.map((call, index) => ({ call_id: `c${facts.length}-${index}`, ...call }));
      const stop_reason = calls.length > 0 ? "tool_calls" : "stop";
      const data = { request_id, text, calls: proposed, usage, stop_reason } as const;
      must({ actor: effect.actor, type: "model.replied", data });
    },
    refuse: (effect) => {
      if (isCancelling(effect)) return cancelled(effect);
      const request_id = called(effect);
      const error = { code: "provider_failed", message: "the model is not there" };
      must({ actor: effect.actor, type: "model.failed", data: { request_id, error } });
    },
    run: (effect, before = []) => {
      const { actor, params, attempts } = effect;
      const call_id = String(params.call_id);
      const name = composer.state().calls[call_id]?.name ?? "";
      if (isCancelling(effect) && attempts === 0) {
        must({ actor, type: "call.interrupted", data: { call_id, name, reason: "cancelled" } });
        return null;
      }
      if (attempts === 0) must({ actor, type: "call.started", data: { call_id, name, attempt: 1 } });
      if (composer.transcript() === undefined) reread();
      const refused = tell(
        { actor, type: "call.finished", data: { call_id, name, output: "done", truncated: false } },
        before,
      );
      if (refused === null) return null;
      if (composer.transcript() === undefined) reread();
      must({ actor, type: "call.failed", data: { call_id, name, error: refused } });
      return refused;
    },
    fire: ({ actor, params }) =>
      must({ actor, type: "timer.fired", data: { timer_id: String(params.timer_id) } }),
    last: (type) => {
      const found = facts.findLast((fact) => fact.type === type);
      if (found === undefined) throw new Error(`There is no fact of type "${type}"`);
      // Its type is the one that was asked for.
      return found as never;
    },
  };

  function reread(): Transcript {
    const read = createTranscript();
    for (const fact of facts) read.apply(fact);
    composer.setTranscript(read);
    return read;
  }
}

/** The state after these facts. */
export function foldFacts(facts: readonly Fact[]): SessionState {
  let state = emptySession;
  for (const fact of facts) {
    const step = stepSession(state, fact);
    if (step.ignored) throw new Error(`"${fact.type}" was refused: ${step.why}`);
    state = step.state;
  }
  return state;
}

/** The effects as keys, for messages of failures. */
export function owedKeys(world: World): string[] {
  return world.owed().map(effectKey);
}
