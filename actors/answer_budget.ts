// A person's answer to limits that were met: those that wait at them go on, or their turns end.
import { stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import type { FactData } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { actorNamed } from "./actor_names.ts";
import { extendedMax, type SessionLimits } from "./budgets.ts";
import type { SessionActor } from "./session_port.ts";

interface Waiting {
  actor: string;
  met: FactData<"budget.exceeded">;
}

/** With an actor: what it waits for, or others wait for at its budget; all that wait at the same budgets go on with it. */
export async function answerBudget(
  session: SessionActor,
  { decision, actor: named }: Extract<Command, { type: "budget.answer" }>,
  { who, limits }: { who: { by: string; client?: string }; limits: SessionLimits },
): Promise<Receipt> {
  const transcript = await session.transcript();
  const all = waitingAt(session, transcript);
  const meant = named === undefined ? all : concerned(all, await actorNamed(session, named), decision);
  if (meant.length === 0) {
    const what = named === undefined ? "nothing waits at a limit" : `nothing of "${named}" waits at a limit`;
    throw new Problem("conflict", `Cannot answer for session "${session.id}": ${what}`);
  }
  let seq = 0;
  for (const { actor, met } of meant) {
    const { limit, of } = met;
    const max = extendedMax(met, { limits, transcript });
    const told = await session.tell(
      decision === "continue"
        ? {
          actor,
          type: "budget.extended",
          data: { limit, max, ...who, ...(of === undefined ? {} : { of }) },
        }
        : { actor, type: "turn.cancelled", data: { by: who.by, outcome: "limit" } },
    );
    // One that has gone on or ended meanwhile needs no answer.
    if (told.accepted) seq = told.seq;
  }
  if (seq === 0) {
    throw new Problem("conflict", `Cannot answer for session "${session.id}": somebody else was faster`);
  }
  return { seq };
}

function waitingAt(session: SessionActor, transcript: Transcript): Waiting[] {
  return Object.entries(session.state().agents).flatMap(([actor, snapshot]) => {
    const met = stateName(snapshot) === "paused" ? transcript.exceeded(actor) : undefined;
    return met === undefined ? [] : [{ actor, met }];
  });
}

function concerned(all: readonly Waiting[], named: string, decision: "continue" | "stop"): Waiting[] {
  const own = all.filter(({ actor, met }) => actor === named || met.of === named);
  if (decision === "stop") return own;
  const same = ({ met }: Waiting) =>
    own.some((one) => one.met.of !== undefined && one.met.of === met.of && one.met.limit === met.limit);
  return all.filter((one) => own.includes(one) || same(one));
}
