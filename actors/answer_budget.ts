// A person's answer to limits that were met: those that wait at them go on, or their turns end.
import { type SessionState, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import type { FactData, FactDraft } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { actorNamed } from "./actor_names.ts";
import { budgetEnd } from "./budget_end.ts";
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
    const drafts = decision === "continue"
      ? [extension({ actor, met }, { who, max: extendedMax(met, { limits, transcript }) })]
      : endings({ actor, met }, { by: who.by, state: session.state() });
    for (const draft of drafts) {
      const told = await session.tell(draft);
      // One that has gone on or ended meanwhile needs no answer.
      if (told.accepted) seq = told.seq;
    }
  }
  if (seq === 0) {
    throw new Problem("conflict", `Cannot answer for session "${session.id}": somebody else was faster`);
  }
  return { seq };
}

function extension(
  { actor, met: { limit, of } }: Waiting,
  { who, max }: { who: { by: string; client?: string }; max: number },
): FactDraft {
  return {
    actor,
    type: "budget.extended",
    data: { limit, max, ...who, ...(of === undefined ? {} : { of }) },
  };
}

/** Whose budget is not extended ends with all below it: it could do nothing more. */
function endings(
  { actor, met: { of } }: Waiting,
  { by, state }: { by: string; state: SessionState },
): FactDraft[] {
  if (of !== undefined) return budgetEnd(of, { state, by });
  return [{ actor, type: "turn.cancelled", data: { by, outcome: "limit" } }];
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
