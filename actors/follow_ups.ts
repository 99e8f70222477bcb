// Follow-ups: facts that follow from facts, without touching the world. They are written in the same batch.
import type { FactDraft } from "../src/protocol/facts.ts";
import type { PendingEffect } from "../machines/effects.ts";
import { usageOf } from "./agent_usage.ts";
import { endRemarks } from "../machines/crew_words.ts";
import { type SessionState, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { givenUp, restartFact, restartMessage } from "./agent_restarts.ts";
import { budgetReason } from "./budget_words.ts";
import { budgetEnd } from "./budget_end.ts";
import { isSupervisorRequest, supervisorFact, supervisorResult } from "./supervisor_voices.ts";
import type { Question, QuestionAnswer } from "../src/protocol/work_facts.ts";

/** The facts that a follow-up effect stands for, in the state it finds. */
export function followUp(effect: PendingEffect, state: SessionState, transcript: Transcript): FactDraft[] {
  switch (effect.kind) {
    case "calls.propose":
      return proposals(effect, transcript);
    case "turn.end":
      return [{ actor: effect.actor, type: "turn.ended", data: turnEnd(effect) }];
    case "budget.end":
      return budgetEnd(String(effect.params.of), { state, by: "budget" });
    case "agent.restart":
      return [restartFact(effect, state)];
    case "agent.again":
      return [restartMessage(effect, transcript)];
    case "agent.report":
      return [agentEnd(effect, state, transcript)];
    case "question.report":
      return questionEnd(effect, state, transcript);
    case "call.report":
      return callEnd(effect, state, transcript);
    default:
      if (isSupervisorRequest(effect)) return [supervisorFact(effect, { state, transcript })];
      throw new Error(`Effect "${effect.kind}" is no follow-up`);
  }
}

/** Those that a crash left unwritten. One that was proposed and has its result already is not proposed again. */
function proposals(effect: PendingEffect, transcript: Transcript): FactDraft[] {
  return transcript.proposed(String(effect.params.request_id))
    .filter((call) => !transcript.knows(call.call_id))
    .map((call) => ({ actor: effect.actor, type: "call.proposed", data: { ...call, by: "model" } }));
}

type DataOf<T extends FactDraft["type"]> = Extract<FactDraft, { type: T }>["data"];

function turnEnd(effect: PendingEffect): DataOf<"turn.ended"> {
  // The parameters are those that the agent machine gave, and no other code makes this effect.
  return effect.params as unknown as DataOf<"turn.ended">;
}

function agentEnd(effect: PendingEffect, state: SessionState, transcript: Transcript): FactDraft {
  const { actor } = effect;
  const agent = String(effect.params.agent);
  const outcome = String(effect.params.outcome);
  const usage = usageOf(actor, state.at, transcript);
  if (outcome === "completed") {
    return { actor, type: "agent.finished", data: { agent, result: transcript.lastText(actor), usage } };
  }
  if (outcome === "failed" || outcome === "limit") {
    const failure = state.agents[actor]?.context.error?.message ?? limitReason(actor, state, transcript);
    const error = givenUp(String(failure), state, actor);
    return { actor, type: "agent.failed", data: { agent, error, usage } };
  }
  const why = transcript.crew.agent(actor)?.stopReason ?? null;
  const reason = why === null ? outcome : `${outcome}: ${why}`;
  return { actor, type: "agent.stopped", data: { agent, reason, usage } };
}

/** The limit that ended the turn of an agent: its message's, or a budget of its own or of somebody above it. */
function limitReason(actor: string, state: SessionState, { ledger, exceeded }: Transcript): string {
  const steps = state.agents[actor]?.context;
  const isMessages = steps?.stepsMax !== null && Number(steps?.steps) >= Number(steps?.stepsMax);
  const met = isMessages ? undefined : ledger.metBy(actor) ?? exceeded(actor);
  return met === undefined ? "it reached its limit of model calls" : budgetReason(met);
}

function questionEnd(effect: PendingEffect, state: SessionState, transcript: Transcript): FactDraft[] {
  const { actor } = effect;
  const call_id = String(effect.params.call_id);
  const call = transcript.call(call_id);
  if (call === undefined || !Object.hasOwn(state.calls, call_id)) return [];
  const output = answersText(call.questions?.questions ?? [], call.answers ?? []);
  return [{ actor, type: "call.finished", data: { call_id, name: call.name, output, truncated: false } }];
}

/** Answers as the agent reads them. */
function answersText(questions: readonly Question[], answers: readonly QuestionAnswer[]): string {
  return questions.map(({ question }, index) => {
    const answer = answers[index];
    const said = [...answer?.selected ?? [], ...answer?.text === undefined ? [] : [answer.text]];
    return `${question}\n${said.length === 0 ? "[no answer]" : said.map((one) => `- ${one}`).join("\n")}`;
  }).join("\n\n");
}

/** The result of the call that waited for an agent, or for a team or a workflow. */
function callEnd(effect: PendingEffect, state: SessionState, transcript: Transcript): FactDraft[] {
  const call_id = String(effect.params.call_id);
  const call = state.calls[call_id];
  if (call === undefined) return [];
  const { actor, name } = call;
  const child = state.children[effect.actor];
  if (child === undefined) {
    const output = supervisorResult(effect, transcript);
    return [{ actor, type: "call.finished", data: { call_id, name, output, truncated: false } }];
  }
  const how = stateName(child.snapshot);
  const end = transcript.agentEnd(effect.actor);
  const agent = transcript.crew.agent(effect.actor);
  const remarks = agent === undefined ? "" : endRemarks(agent);
  if (how === "finished") {
    const output = [end, remarks].filter((words) => words !== "").join("\n\n");
    return [{ actor, type: "call.finished", data: { call_id, name, output, truncated: false } }];
  }
  const more = remarks === "" ? {} : { output: remarks };
  if (how === "failed") return [{ actor, type: "call.failed", data: { call_id, name, error: end, ...more } }];
  return [{ actor, type: "call.interrupted", data: { call_id, name, reason: end, ...more } }];
}
