// Calls that a person runs by hand belong to no turn: while none runs, a cancel means them.
import type { SessionActor } from "./session_port.ts";

/** Ends every one of them, waiting for approval or running; false when there is none. */
export async function endByHand(session: SessionActor): Promise<boolean> {
  const calls = Object.entries(session.state().calls).filter(([, { by }]) => by === "user");
  const ended = await Promise.all(calls.map(async ([call_id, { actor, name, asked }]) => {
    if (asked === null) return await stopEffects(session, call_id);
    const reason = "it was cancelled before it was approved";
    return (await session.tell({ actor, type: "call.interrupted", data: { call_id, name, reason } }))
      .accepted;
  }));
  return ended.includes(true);
}

async function stopEffects(session: SessionActor, callId: string): Promise<boolean> {
  const stopped = await Promise.all(
    ["call.review", "call.run"].map((kind) => session.stopEffect(`${kind}:${callId}`, "cancelled")),
  );
  return stopped.includes(true);
}
