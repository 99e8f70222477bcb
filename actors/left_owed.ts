// Work that a stop of the daemon cuts off: where nothing was done yet it is left owed, and the next daemon begins it.
import { isCancelling } from "../machines/session_state.ts";
import type { StopReason } from "./effect_runner.ts";
import type { SessionActor } from "./session_port.ts";

/** False for an actor whose turn is being ended: it waits to hear how far each piece of its work came. */
export function isLeftOwed(session: SessionActor, actor: string, signal: AbortSignal): boolean {
  return signal.reason === ("shutdown" satisfies StopReason) && !isCancelling(session.state(), actor);
}
