// The voice of a supervisor: a machine decides by small facts alone, and names what is to follow; the words (prompts,
// results, conditions) come from its voice, where the whole transcript is at hand. Each request is exactly one fact.
import type { EffectKind, PendingEffect } from "../machines/effects.ts";
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";

/** Requests of supervisors that become facts in the same write. */
export type SupervisorRequest = Extract<
  EffectKind,
  "agent.start" | "agent.tell" | "agent.end" | "call.propose" | "supervisor.start" | "supervisor.say"
>;

export interface SupervisorMoment {
  state: SessionState;
  transcript: Transcript;
}

/**
 * The fact that a request stands for. It must be one that ends the request: `agent.start` an `agent.started` of that path,
 * `agent.tell` a `message.received` of that id, `agent.end` the end of that agent, `call.propose` a `call.proposed` of
 * that id, `supervisor.start` a start of that path, `supervisor.say` a fact of its own with that key.
 */
export type SupervisorVoice = (
  request: PendingEffect & { kind: SupervisorRequest },
  moment: SupervisorMoment,
) => FactDraft;
