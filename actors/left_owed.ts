// Work that a stop of the daemon cuts off: where nothing was done yet it is left owed, and the next daemon begins it.
import { stateName } from "../machines/session_state.ts";
import type { StopReason } from "./effect_runner.ts";
import type { SessionActor } from "./session_port.ts";

/** False for an actor whose turn is being ended: it waits to hear how far each piece of its work came. */
export function isLeftOwed(session: SessionActor, actor: string, signal: AbortSignal): boolean {
  const agent = session.state().agents[actor];
  const isCancelling = agent !== undefined && stateName(agent) === "cancelling";
  return signal.reason === ("shutdown" satisfies StopReason) && !isCancelling;
}
