// Hooks as the kernel runs them: each that ran is a fact.
import type { HookRun, Hooks } from "../src/hooks/contract.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import type { HookEvent } from "../src/protocol/work_facts.ts";
import type { SessionActor } from "./session_port.ts";

export interface HookSubject {
  actor?: string;
  callId?: string;
  toolName?: string;
  fields: JsonObject;
}

/** Runs the hooks of an event and logs them; resolves at once when none listens. Never rejects but with the log. */
export async function runHooks(
  { session, hooks, signal }: { session: SessionActor; hooks: Hooks; signal: AbortSignal },
  event: HookEvent,
  { actor = mainActor, callId, toolName, fields }: HookSubject,
): Promise<HookRun[]> {
  const { workspace: cwd = "/", hooks: own = [] } = session.state().meta ?? {};
  if (!hooks.listens(event, cwd, toolName, own)) return [];
  const input = {
    session_id: session.id,
    cwd,
    ...(toolName === undefined ? {} : { tool_name: toolName }),
    fields,
  };
  const runs = await hooks.run(event, input, { signal, own });
  for (const run of runs) {
    const data = { ...run, ...(callId === undefined ? {} : { call_id: callId }) };
    await session.tell({ actor, type: "hook.ran", data });
  }
  return runs;
}
