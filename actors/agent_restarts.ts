// Agents that go on after their endpoint failed: what is said of it in the log, and to them.
import type { PendingEffect } from "../machines/effects.ts";
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";

const goOn = "Your last turn broke off because the model could not be reached. Go on where you were.";

/** The fact of a restart to come, for `agent.restart`. */
export function restartFact({ actor, params }: PendingEffect, state: SessionState): FactDraft {
  const { agent, attempt, after_ms } = params;
  const error = String(state.agents[actor]?.context.error?.message ?? "its turn failed");
  const data = { agent: String(agent), attempt: Number(attempt), after_ms: Number(after_ms), error };
  return { actor, type: "agent.restarted", data };
}

/** The message that begins the turn, for `agent.again`. It has what its first message allowed. */
export function restartMessage({ actor, params }: PendingEffect, { crew }: Transcript): FactDraft {
  const max_steps = crew.agent(actor)?.profile.max_turns;
  return {
    actor,
    type: "message.received",
    data: {
      message_id: `${actor}#restart-${params.attempt}`,
      text: goOn,
      delivery: "steer",
      source: "supervisor",
      ...(max_steps === undefined ? {} : { max_steps }),
    },
  };
}

/** Why it is given up: its last error, and how often it was told to go on. */
export function givenUp(error: string, { children }: SessionState, actor: string): string {
  const attempts = Number(children[actor]?.snapshot.context.attempts ?? 0);
  if (attempts === 0) return error;
  return `${error} (given up after ${attempts} ${attempts === 1 ? "restart" : "restarts"})`;
}
