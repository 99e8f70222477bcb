// How deep agents may go, how many may live at once, and how many there may ever be: said to the model in words.
import type { SessionState } from "../machines/session_state.ts";
import type { Crew } from "../machines/crew.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { RestartPolicy } from "../src/protocol/supervisor_facts.ts";
import { mainActor } from "../src/protocol/facts.ts";

export interface AgentLimits {
  /** Levels below the main agent. */
  depth: number;
  /** That live at the same time, those of teams and workflows not counted. */
  atOnce: number;
  /** That there may ever be in one session. */
  total: number;
  /** How often one whose endpoint failed is begun again, and the wait before the first time. */
  restart: RestartPolicy;
}

export const defaultAgentLimits: AgentLimits = {
  depth: 3,
  atOnce: 16,
  total: 1_000,
  restart: { max: 1, backoff_ms: 5_000 },
};

/** How many agents are above the one that this one would start, the main one not counted, and itself. */
function depthBelow(parent: string, crew: Crew): number {
  return [...crew.upwards(parent)].length + 1;
}

/** Why an agent cannot be started now, or null. */
export function limitReached(
  parent: string,
  limits: AgentLimits,
  { state, transcript: { crew } }: { state: SessionState; transcript: Transcript },
): string | null {
  if (depthBelow(parent, crew) > limits.depth) {
    const where = parent === mainActor ? "here" : `at ${limits.depth} levels below the main agent`;
    return `no sub-agents can be started ${where} (agents.depth is ${limits.depth}): do the work yourself`;
  }
  const started = [...crew.agents()].filter(({ callId }) => callId !== null);
  const living = started.filter(({ path }) => Object.hasOwn(state.agents, path)).length;
  if (living >= limits.atOnce) {
    return `${living} sub-agents work already, which is the limit (agents.at_once): wait until one has ended, with AgentWait or in your next turn`;
  }
  if (started.length >= limits.total) {
    return `this session has had ${started.length} sub-agents, which is the limit (agents.total): do the rest yourself`;
  }
  return null;
}
