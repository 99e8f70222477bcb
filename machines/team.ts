// The team machine: the life of a team around its rules (team_rules.ts): it runs, ends what it leads, and is over.
import { assign, setup } from "xstate";
import type { FactOf } from "../src/protocol/facts.ts";
import { type EffectRequest, iterationsMax } from "./step.ts";
import type { SupervisorEvent, SupervisorInput } from "./supervisor_events.ts";
import type { TeamContext } from "./team_context.ts";
import { beginTeam, decideTeam } from "./team_rules.ts";

const make = {
  type: "requests.make",
  params: ({ context }: { context: TeamContext }) => ({ requests: [...context.requests] }),
} as const;
const follow = { actions: ["decide", make] } as const;

/** Facts of members and of the session: they come in every state but the last. */
const told = {
  "child.began": follow,
  "child.rested": follow,
  "child.ended": follow,
  "timer.fired": follow,
  "task.created": follow,
  "task.updated": follow,
  "team.member_failed": follow,
  "team.round_ended": follow,
  "turn.cancelled": follow,
  "session.forked": follow,
} as const;

export const teamMachine = setup({
  types: {
    context: {} as TeamContext,
    events: {} as SupervisorEvent,
    input: {} as SupervisorInput<FactOf<"team.started">>,
  },
  actions: {
    "requests.make": (_, _params: { requests: EffectRequest[] }) => {},
    decide: assign(({ context, event }) => decideTeam(context, event)),
  },
  guards: {
    is_still: ({ context }) => !context.stirred,
    /** Only a member that works can say that its work is done, and only once. */
    has_work: ({ context, event }) => {
      if (event.type !== "team.work_done") return false;
      const member = context.members[event.data.member];
      return member?.at === "working" && !member.said;
    },
    is_ahead: ({ context, event }) =>
      event.type === "team.milestone_reached" && context.milestones.includes(event.data.milestone),
    is_ending: ({ context }) => context.end !== null,
    is_over: ({ context }) => context.finishing,
  },
}).createMachine({
  id: "team",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => beginTeam(input),
  initial: "running",
  states: {
    running: {
      entry: [make],
      always: { guard: "is_ending", target: "ending" },
      on: {
        ...told,
        "team.stirred": { guard: "is_still", ...follow },
        "team.work_done": { guard: "has_work", ...follow },
        "team.milestone_reached": { guard: "is_ahead", ...follow },
      },
    },
    /** Why it ends is known; it waits until those that work have stopped. */
    ending: {
      on: {
        ...told,
        "team.finished": { guard: "is_over", target: "finished", actions: ["decide", make] },
      },
    },
    finished: { type: "final" },
  },
});
