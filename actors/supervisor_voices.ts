// What supervisors say and ask for: a machine decides by small facts alone, and names what is to follow; the words (prompts,
// results, conditions) come from here, where the whole transcript is at hand. Each request is exactly one fact.
import type { EffectKind, PendingEffect } from "../machines/effects.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { SessionState, SupervisorKind } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";

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

const voices: Partial<Record<SupervisorKind, SupervisorVoice>> = {};

const requests: ReadonlySet<string> = new Set<SupervisorRequest>([
  "agent.start",
  "agent.tell",
  "agent.end",
  "call.propose",
  "supervisor.start",
  "supervisor.say",
]);

export function isSupervisorRequest(
  effect: PendingEffect,
): effect is PendingEffect & { kind: SupervisorRequest } {
  return requests.has(effect.kind);
}

export function supervisorFact(
  request: PendingEffect & { kind: SupervisorRequest },
  moment: SupervisorMoment,
): FactDraft {
  const kind = kindOf(request, moment);
  const voice = kind === undefined ? undefined : voices[kind];
  if (voice === undefined) throw new Error(`Nobody speaks for "${request.actor}" (${kind})`);
  return voice(request, moment);
}

/** The main agent of a session with a mode asks for a run of that mode; all else is asked for by supervisors. */
function kindOf({ actor }: PendingEffect, { state }: SupervisorMoment): SupervisorKind | undefined {
  const mode = state.meta?.agentMode;
  if (actor === mainActor) return mode === undefined || mode === "single" ? undefined : mode;
  return state.supervisors[actor]?.kind;
}

/** What the call that waits for a supervisor is told. */
export function supervisorResult({ actor }: PendingEffect, { crew }: Transcript): string {
  const last = crew.supervisor(actor)?.facts.at(-1);
  if (last?.type === "team.finished") {
    const said = last.data.members.map(({ name, state, summary }) => `- ${name} (${state}): ${summary}`);
    return [`The team ended, ${last.data.outcome}: ${last.data.reason}`, ...said].join("\n");
  }
  if (last?.type === "workflow.finished") {
    const { outcome, reason, outputs } = last.data;
    return `The workflow ended, ${outcome}: ${reason}\n${JSON.stringify(outputs)}`;
  }
  return "It goes on beside this conversation";
}
