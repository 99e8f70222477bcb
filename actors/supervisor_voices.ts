// The voices of supervisors, by kind: one line each. And what whoever waits for one is told.
import { budgetReason } from "./budget_words.ts";
import type { PendingEffect } from "../machines/effects.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { SupervisorKind } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { modeVoice } from "./mode_voice.ts";
import type { SupervisorMoment, SupervisorRequest, SupervisorVoice } from "./supervisor_voice.ts";
import { teamVoice } from "./team_voice.ts";
import { workflowVoice } from "./workflow_voice.ts";
import { teamResult } from "./team_words.ts";

const voices: Partial<Record<SupervisorKind, SupervisorVoice>> = {
  team: teamVoice,
  workflow: workflowVoice,
  sequential: modeVoice,
  parallel: modeVoice,
  debate: modeVoice,
  review: modeVoice,
};

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
  return withBudget(voice(request, moment), moment.transcript);
}

/** One that a budget ended says which, and how much of it was used. */
function withBudget(fact: FactDraft, { ledger }: Transcript): FactDraft {
  switch (fact.type) {
    case "team.finished":
    case "mode.finished":
    case "workflow.finished": {
      const met = fact.data.outcome === "limit" ? ledger.metBy(fact.actor) : undefined;
      if (met === undefined) return fact;
      const reason = `${fact.data.reason}: ${budgetReason(met)}`;
      // The same type with another reason; the compiler sees the union of all three.
      return { ...fact, data: { ...fact.data, reason } } as FactDraft;
    }
    default:
      return fact;
  }
}

/** The main agent of a session with a mode asks for a run of that mode; all else is asked for by supervisors. */
function kindOf({ actor }: PendingEffect, { state }: SupervisorMoment): SupervisorKind | undefined {
  const mode = state.meta?.agentMode;
  if (actor === mainActor) return mode === undefined || mode === "single" ? undefined : mode;
  return state.supervisors[actor]?.kind;
}

/** What the call that waits for a supervisor is told. */
export function supervisorResult({ actor }: PendingEffect, { crew }: Transcript): string {
  const supervisor = crew.supervisor(actor);
  const last = supervisor?.facts.at(-1);
  if (supervisor?.start.type === "team.started") return teamResult(supervisor.start.data, supervisor.facts);
  if (last?.type === "workflow.finished") {
    const { outcome, reason, outputs } = last.data;
    return `The workflow ended, ${outcome}: ${reason}\n${JSON.stringify(outputs)}`;
  }
  return "It goes on beside this conversation";
}
