// One call of a tool that the kernel carries out itself: what it is given, and how it begins.
import type { CallRecord } from "../machines/call_record.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import type { ToolOutcome } from "../tools/contract.ts";
import { isCancelling } from "../machines/session_state.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import type { SessionActor } from "./session_port.ts";

/** One call of such a tool. */
export interface KernelCall {
  attempts: number;
  signal: AbortSignal;
  /** Why it may run, for the log. */
  allowedBy: string;
  /** It had started when the daemon went down: it is taken up again, not begun. */
  recovered: boolean;
  /** What the agent that makes it has. */
  toolNames: readonly string[];
  /** Which provider and model a text names; throws a Problem when none. */
  modelOf: (text: string) => { provider: string; model: string };
}

/** Null: the result comes from elsewhere, when an agent ends or a person answers. */
export type KernelTool = (
  session: SessionActor,
  record: CallRecord,
  call: KernelCall,
) => Promise<ToolOutcome | null>;

export type KernelTools = Readonly<Record<string, KernelTool | undefined>>;

/** Says in the log that a call has begun; false when it may not any more. What was begun before is not begun again. */
export async function beginKernelCall(
  session: SessionActor,
  { actor, callId: call_id, name }: CallRecord,
  { attempts, signal, allowedBy, recovered }: KernelCall,
  evidence?: JsonValue,
): Promise<boolean> {
  if (recovered) return !signal.aborted;
  const data = {
    call_id,
    name,
    attempt: attempts + 1,
    allowed_by: allowedBy,
    ...(evidence === undefined ? {} : { evidence }),
  };
  const started = await session.tell({ actor, type: "call.started", data });
  return started.accepted && !signal.aborted;
}

/** The end of a call that was told to stop; null when the daemon stops and its agent goes on with the next one. */
export function leftOff(session: SessionActor, actor: string, signal: AbortSignal): ToolOutcome | null {
  const state = session.state();
  const isGone = !Object.hasOwn(state.agents, actor);
  const isStopped = signal.reason === "cancelled" || isGone || isCancelling(state, actor);
  return isStopped ? cancelledOutcome : null;
}

export function finished(output: string): ToolOutcome {
  return { status: "finished", output, truncated: false };
}
