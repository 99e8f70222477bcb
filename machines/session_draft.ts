// A session step in the making: the state that replaces parts of the one before, and what its machines ask for.
import type { AnyMachineSnapshot } from "xstate";
import type { Fact } from "../src/protocol/facts.ts";
import { agentMachine } from "./agent.ts";
import type { AgentEvent } from "./agent_events.ts";
import { digest, partText } from "./digest.ts";
import { foldMeta } from "./session_meta.ts";
import { type SessionState, stateName } from "./session_state.ts";
import { type EffectRequest, type MachineStep, stepMachine } from "./step.ts";

export interface Draft {
  state: { -readonly [K in keyof SessionState]: SessionState[K] };
  requests: { request: EffectRequest; actor: string }[];
  /** Names of the parts this step replaced: what the digest covers. */
  touched: { name: string; snapshot: AnyMachineSnapshot }[];
  metaTouched: boolean;
  /** Loops that this step replaced, as they are now. */
  steppedAgents: Record<string, AnyMachineSnapshot>;
}

export function openDraft(state: SessionState, fact: Fact): Draft {
  const meta = foldMeta(state.meta, fact);
  return {
    state: { ...state, seq: fact.seq, at: fact.at, meta },
    requests: [],
    touched: [],
    metaTouched: meta !== state.meta,
    steppedAgents: {},
  };
}

/** Steps the loop of an agent; returns why it is refused, or null. */
export function stepAgent(draft: Draft, actor: string, event: AgentEvent): string | null {
  const snapshot = draft.state.agents[actor];
  if (snapshot === undefined) return `there is no agent "${actor}"`;
  const step = stepMachine(agentMachine, snapshot, event);
  if (step.ignored) return `agent "${actor}" is ${stateName(snapshot)}`;
  putAgent(draft, actor, step);
  return null;
}

export function putAgent(draft: Draft, actor: string, step: MachineStep): void {
  draft.state.agents = { ...draft.state.agents, [actor]: step.snapshot };
  draft.steppedAgents[actor] = step.snapshot;
  note(draft, `agent:${actor}`, step, actor);
}

export function note(draft: Draft, name: string, step: MachineStep, actor: string): void {
  draft.touched.push({ name, snapshot: step.snapshot });
  for (const request of step.effects) draft.requests.push({ request, actor });
}

/**
 * The digest that a record carries: of the parts that this step replaced, and of what is owed. Each part of a supervisor's
 * context stands for itself, so that a large one which stays the same, such as the plan of a workflow, costs nothing;
 * the contexts of agents and calls are so small that one text of all is quicker.
 */
export function postDigest({ touched, metaTouched, state }: Draft): string {
  let text = metaTouched ? partText(state.meta) : "";
  for (const { name, snapshot } of touched) {
    text += `\n${name} ${snapshot.status} ${JSON.stringify(snapshot.value)}`;
    if (!name.startsWith("supervisor:")) {
      text += ` ${JSON.stringify(snapshot.context)}`;
      continue;
    }
    for (const [key, part] of Object.entries(snapshot.context)) {
      if (part !== undefined) text += ` ${key}=${partText(part)}`;
    }
  }
  for (const [key, effect] of Object.entries(state.effects)) text += `\n${key}=${partText(effect)}`;
  return digest(text);
}
