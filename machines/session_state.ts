// The state of a session: every actor of it, what is owed, and the words for how far it is.
import type { AnyMachineSnapshot } from "xstate";
import type { AgentKind } from "../src/protocol/agent_facts.ts";
import type { AgentMode } from "../src/protocol/mode_facts.ts";
import { type CallOrigin, mainActor } from "../src/protocol/facts.ts";
import type { PendingEffect } from "./effects.ts";
import type { SessionMeta } from "./session_meta.ts";

export interface OpenCall {
  actor: string;
  name: string;
  by: CallOrigin;
  /** Digest of what the person was shown, and the sequence of the question, while it waits. */
  asked: { digest: string; seq: number } | null;
  snapshot: AnyMachineSnapshot;
}

export interface ChildAgent {
  /** The path of the agent or the supervisor that it reports to. */
  parent: string;
  callId: string | null;
  kind: AgentKind;
  snapshot: AnyMachineSnapshot;
}

/** A team, a run of a mode or a workflow: an actor that leads agents and has no conversation of its own. */
export interface Supervisor {
  kind: SupervisorKind;
  /** The path of the agent or the supervisor that it reports to. */
  parent: string;
  callId: string | null;
  /** Whether its parent, an agent, hears of its end in its conversation. */
  notifies: boolean;
  snapshot: AnyMachineSnapshot;
}
export type SupervisorKind = "team" | "workflow" | Exclude<AgentMode, "single">;

export interface RunningBackground {
  /** The agent that began it, or whose session a person began it in. */
  actor: string;
  by: CallOrigin;
  snapshot: AnyMachineSnapshot;
}

export interface SessionState {
  seq: number;
  at: string;
  meta: SessionMeta | null;
  agents: Readonly<Record<string, AnyMachineSnapshot>>;
  calls: Readonly<Record<string, OpenCall>>;
  children: Readonly<Record<string, ChildAgent>>;
  supervisors: Readonly<Record<string, Supervisor>>;
  /** Background tasks that run. */
  backgrounds: Readonly<Record<string, RunningBackground>>;
  effects: Readonly<Record<string, PendingEffect>>;
}

export const emptySession: SessionState = {
  seq: 0,
  at: "",
  meta: null,
  agents: {},
  calls: {},
  children: {},
  supervisors: {},
  backgrounds: {},
  effects: {},
};

/** The words for what the main agent does, as lists and refusals name it. */
export function mainStatus(state: SessionState): string {
  if (state.meta?.archived) return "archived";
  const snapshot = state.agents[mainActor];
  return snapshot === undefined ? "idle" : stateName(snapshot);
}

/** States that are told apart by the machine alone. */
const shownAs: Readonly<Record<string, string>> = { settling: "thinking", conducting: "acting" };

export function stateName(snapshot: AnyMachineSnapshot): string {
  const value: unknown = snapshot.value;
  if (typeof value === "string") return shownAs[value] ?? value;
  const [outer, inner] = Object.entries(value ?? {})[0] ?? ["idle", ""];
  return inner === "waiting_for_approval" ? inner : outer;
}

const restingStates = new Set(["idle", "interrupted", "failed", "parked", "stopped"]);

/** True when an agent waits for a message and nothing else. */
export function isResting(agent: AnyMachineSnapshot): boolean {
  return restingStates.has(stateName(agent));
}

/** True while the turn of an agent is being stopped. */
export function isCancelling({ agents }: SessionState, actor: string): boolean {
  const agent = agents[actor];
  return agent !== undefined && stateName(agent) === "cancelling";
}

/** True when the turn of an agent with a worktree is over: nothing begins another one. */
export function isLeaving(state: SessionState, path: string): boolean {
  const child = state.children[path];
  return child !== undefined && stateName(child.snapshot) === "leaving";
}

/** Calls whose result is given by the end of an agent, a team or a workflow; one in the background carries none. */
export function carriedCalls({ children, supervisors }: SessionState): Set<string | null> {
  const awaited = Object.values(children).filter(({ kind }) => kind === "task");
  return new Set([...awaited, ...Object.values(supervisors)].map(({ callId }) => callId));
}

/** The effects on which somebody has to work: a sub-agent or a person's answer carries the others. */
export function owedWork(state: SessionState): PendingEffect[] {
  const carried = carriedCalls(state);
  for (const [callId, call] of Object.entries(state.calls)) {
    if (stateName(call.snapshot) === "questioning") carried.add(callId);
  }
  return Object.values(state.effects).filter(({ kind, params }) =>
    (kind !== "call.review" && kind !== "call.run") || !carried.has(String(params.call_id))
  );
}

/** True when a supervisor has ended: it leads nobody any more. */
export function hasEnded({ snapshot }: Supervisor): boolean {
  return snapshot.status === "done";
}

/** True when no work is going on or owed in any actor. */
export function atRest(state: SessionState): boolean {
  return Object.keys(state.effects).length === 0 && Object.keys(state.calls).length === 0;
}
