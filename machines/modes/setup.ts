// What the machines of all modes are made of: their actions and guards, and the states in which every run ends.
import { assign, setup } from "xstate";
import { cancelEnd } from "../cancel_end.ts";
import { type EffectRequest, iterationsMax } from "../step.ts";
import type { SupervisorEvent } from "../supervisor_events.ts";
import {
  ask,
  beginRun,
  endRound,
  finish,
  hear,
  isAlive,
  letGo,
  owes,
  release,
  type RunContext,
  type RunInput,
  type RunMember,
  type Said,
} from "./run.ts";

type Part = Said["part"];

const living = (context: RunContext, part: Part) =>
  context.members.filter((member) => member.part === part && isAlive(member));
const namesOf = (members: readonly RunMember[]) => members.map(({ name }) => name);
const gone = (context: RunContext) => namesOf(context.members.filter((member) => !isAlive(member)));
const nobodyOwes = ({ members }: RunContext) => !members.some(owes);

/** Everybody of the part that is left wants it so, and somebody is left. */
function isAgreed(context: RunContext, part: Part, verdict: Said["verdict"]): boolean {
  const all = living(context, part);
  return all.length > 0 && all.every((member) => member.verdict === verdict);
}

/** The member of a sequence whose turn it is; none when all have had theirs. */
const nextInLine = ({ members }: RunContext) => members.filter(({ life }) => life === "new").slice(0, 1);

export const modeSetup = setup({
  types: { context: {} as RunContext, events: {} as SupervisorEvent, input: {} as RunInput },
  actions: {
    // Effects.
    "requests.make": (_, _params: { requests: readonly EffectRequest[] }) => {},
    "work.cancel": () => {},
    // Moves: each of them is followed by `requests.make`.
    hear: assign(({ context, event }) => hear(context, event)),
    ask: assign(({ context }, { part, what }: { part: Part; what: Said["what"] }) =>
      ask(context, namesOf(living(context, part)), what)
    ),
    ask_next: assign(({ context }) => ask(context, namesOf(nextInLine(context)), "answer")),
    draft: assign(({ context }) =>
      ask(context, namesOf(living(context, "author")), context.round === 1 ? "answer" : "revision")
    ),
    end_round: assign(({ context }, { part, wanted }: { part: Part; wanted: Said["verdict"] }) =>
      endRound(context, roundReason(context, part, wanted))
    ),
    release: assign(({ context }) => release(context)),
    let_go: assign(({ context, event }) => letGo(context, event)),
    finish: assign(({ context }) => finish(context)),
    // Bookkeeping.
    begin_round: assign(({ context }) => ({ round: context.round + 1 })),
    end: assign(({ context }, { part, reason }: { part: Part; reason: string }) => ({
      ending: { outcome: "completed" as const, reason, by: living(context, part).at(-1)?.name ?? null },
    })),
    end_judged: assign(({ context }) => ({
      ending: {
        outcome: "completed" as const,
        reason: `judged after ${rounds(context)}, ${roundReason(context, "member", "agree")}`,
        by: living(context, "judge")[0]?.name ?? null,
      },
    })),
    end_approved: assign(({ context }) => ({
      ending: {
        outcome: "completed" as const,
        reason: `approved by all after ${rounds(context)}`,
        by: living(context, "author")[0]?.name ?? null,
      },
    })),
    end_at_limit: assign(({ context }) => ({
      ending: {
        outcome: "limit" as const,
        reason: `after ${rounds(context)} ${roundReason(context, "reviewer", "approve")}`,
        by: living(context, "author")[0]?.name ?? null,
      },
    })),
    end_failed: assign(({ context }, { reason }: { reason: string }) => ({
      ending: { outcome: "failed" as const, reason: `${reason}: ${gone(context).join(", ")}`, by: null },
    })),
    note_cancel: assign(({ context, event }) => ({ ending: context.ending ?? cancelledBy(event) })),
  },
  guards: {
    nobody_owes: ({ context }) => nobodyOwes(context),
    all_answered: ({ context }) => nobodyOwes(context) && nextInLine(context).length === 0,
    /** Somebody whom nobody can stand in for was given up. */
    is_gone: ({ context }, { part }: { part: Part }) =>
      nobodyOwes(context) && context.members.some((member) => member.part === part && !isAlive(member)),
    too_few: ({ context }, { part, least }: { part: Part; least: number }) =>
      nobodyOwes(context) && living(context, part).length < least,
    is_agreed: ({ context }, { part, verdict }: { part: Part; verdict: Said["verdict"] }) =>
      nobodyOwes(context) && isAgreed(context, part, verdict),
    is_last_round: ({ context }) => nobodyOwes(context) && context.round >= context.roundsMax,
    all_gone: ({ context }) => !context.members.some(isAlive),
  },
});

function cancelledBy(event: SupervisorEvent): NonNullable<RunContext["ending"]> {
  if (event.type === "turn.cancelled") return { ...cancelEnd(event.outcome), by: null };
  return { outcome: "stopped", reason: "the session was forked", by: null };
}

const rounds = ({ round }: RunContext) => round === 1 ? "1 round" : `${round} rounds`;

/** How the verdicts of a round stand. */
function roundReason(context: RunContext, part: Part, wanted: Said["verdict"]): string {
  const others = namesOf(living(context, part).filter(({ verdict }) => verdict !== wanted));
  return others.length === 0 ? `all ${wanted}` : `not all ${wanted}: ${others.join(", ")}`;
}

/** Emits what the last move asks for. */
export const make = {
  type: "requests.make",
  params: ({ context }: { context: RunContext }) => ({ requests: context.requests }),
} as const;

/** The run fails when this part has fewer left than it takes; said once nobody owes an answer. */
export const unless = (part: Part, least: number, reason: string) =>
  ({
    guard: { type: "too_few", params: { part, least } },
    target: "closing",
    actions: [{ type: "end_failed", params: { reason } }],
  }) as const;

export const startOf = ({ input }: { input: RunInput }): RunContext => beginRun(input);

export const options = { maxIterations: iterationsMax } as const;

const heard = { actions: ["hear", make] } as const;
const stop = { target: ".closing", actions: ["note_cancel", "work.cancel"] } as const;

/** What a run takes in every state. */
export const always = {
  "mode.said": heard,
  "mode.member_failed": {},
  "mode.round_ended": {},
  "child.began": heard,
  "child.rested": heard,
  "child.ended": heard,
  "timer.fired": heard,
  "turn.cancelled": stop,
  "session.forked": stop,
} as const;

const goes = { actions: ["let_go", make] } as const;
const again = { actions: ["work.cancel"] } as const;

/** The end of every run: those at work are waited for and let go, then it says how it ended. */
export const endStates = {
  closing: {
    entry: ["release", make],
    always: { guard: "all_gone", target: "finishing" },
    on: {
      "child.rested": goes,
      "child.ended": goes,
      "turn.cancelled": again,
      "session.forked": again,
    },
  },
  finishing: {
    entry: ["finish", make],
    on: { "mode.finished": "finished", "turn.cancelled": {}, "session.forked": {} },
  },
  finished: { type: "final" },
} as const;
