// What commands of a session run in, as a fact: said when it matters for the first time, and when it has changed.
import { mainActor } from "../src/protocol/facts.ts";
import type { SandboxState } from "../tools/sandbox/contract.ts";
import type { SessionActor } from "./session_port.ts";

/** What was told and may not be in the state yet: calls of one answer are reviewed side by side. */
const told = new WeakMap<SessionActor, string>();

export async function noteSandbox(session: SessionActor, { status, reason }: SandboxState): Promise<void> {
  const data = { status, ...(reason === undefined ? {} : { reason }) };
  const text = JSON.stringify(data);
  const known = told.get(session) ?? JSON.stringify(session.state().meta?.sandbox ?? null);
  if (text === known) return;
  told.set(session, text);
  await session.tell({ actor: mainActor, type: "session.sandbox_changed", data });
}
