// What runs beside the main agent's turn: calls that a person runs by hand, agents in the background, teams and workflows.
// While no turn runs, a cancel means all of them.
import { hasEnded, stateName } from "../machines/session_state.ts";
import type { SessionActor } from "./session_port.ts";

/** Ends every one of them; false when there is none. */
export async function endBeside(session: SessionActor, by: string): Promise<boolean> {
  const ended = [await endAgents(session, by), await endByHand(session)];
  return ended.includes(true);
}

/** Whoever leads takes those that it leads along: they are refused then, being cancelled already. */
async function endAgents(session: SessionActor, by: string): Promise<boolean> {
  const { children, supervisors } = session.state();
  const paths = [
    ...Object.entries(supervisors).filter(([, supervisor]) => !hasEnded(supervisor)),
    ...Object.entries(children).filter(([, { snapshot }]) =>
      ["running", "waiting"].includes(stateName(snapshot))
    ),
  ].map(([path]) => path);
  let ended = false;
  for (const actor of paths) {
    const draft = { actor, type: "turn.cancelled", data: { by, outcome: "cancelled" } } as const;
    ended = (await session.tell(draft)).accepted || ended;
  }
  return ended;
}

/** Calls that a person runs by hand belong to no turn, whether they wait for approval or run. */
async function endByHand(session: SessionActor): Promise<boolean> {
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
