// The sub-agent machine: the life of an agent beside the main one, as its session sees it, beside the loop it runs
// (agent.ts). One of kind `member` rests between turns; the others have one turn and report how it ended.
import { assign, setup } from "xstate";
import type { AgentKind } from "../src/protocol/agent_facts.ts";
import type { TurnOutcome } from "../src/protocol/facts.ts";
import { iterationsMax } from "./step.ts";

export interface SubAgentContext {
  agent: string;
  /** The call that waits for it; null: none does. */
  callId: string | null;
  kind: AgentKind;
  /** It works in a worktree of its own, which is left before its end is reported. */
  worktree: boolean;
  /** How its one turn ended, while its worktree is left. */
  outcome: TurnOutcome | null;
}

export type SubAgentEvent =
  | { type: "turn.began" }
  | { type: "turn.ended"; outcome: TurnOutcome }
  | { type: "agent.resumed" }
  | { type: "agent.worktree_left" }
  | { type: "agent.finished" }
  | { type: "agent.failed" }
  | { type: "agent.stopped" };

const report = {
  type: "call.report",
  params: ({ context }: { context: SubAgentContext }) => ({
    call_id: context.callId ?? "",
    agent: context.agent,
  }),
} as const;

/** To an end state, and a result for the call that waits. */
const finished = [{ guard: "is_awaited", target: "finished", actions: [report] }, "finished"] as const;
const failed = [{ guard: "is_awaited", target: "failed", actions: [report] }, "failed"] as const;
const stopped = [{ guard: "is_awaited", target: "stopped", actions: [report] }, "stopped"] as const;
const ends = { "agent.finished": finished, "agent.failed": failed, "agent.stopped": stopped } as const;

export const subAgentMachine = setup({
  types: {
    context: {} as SubAgentContext,
    events: {} as SubAgentEvent,
    input: {} as Omit<SubAgentContext, "outcome">,
  },
  actions: {
    /** Say in the log how the child ended. */
    "agent.report": (_, _params: { agent: string; outcome: TurnOutcome }) => {},
    /** Give the parent's call its result. */
    "call.report": (_, _params: { call_id: string; agent: string }) => {},
    /** Look at its worktree, and remove it when nothing was done in it. */
    "worktree.leave": () => {},
    note_outcome: assign(({ event }) => event.type === "turn.ended" ? { outcome: event.outcome } : {}),
  },
  guards: {
    is_awaited: ({ context }) => context.callId !== null && context.kind === "task",
    is_member: ({ context }) => context.kind === "member",
    has_worktree: ({ context }) => context.worktree,
  },
}).createMachine({
  id: "sub_agent",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({
    agent: input.agent,
    callId: input.callId,
    kind: input.kind,
    worktree: input.worktree,
    outcome: null,
  }),
  initial: "running",
  states: {
    running: {
      on: {
        ...ends,
        "turn.ended": [
          { guard: "is_member", target: "resting" },
          { guard: "has_worktree", target: "leaving", actions: ["note_outcome"] },
          {
            target: "reporting",
            actions: [{
              type: "agent.report",
              params: ({ context, event }) => ({ agent: context.agent, outcome: event.outcome }),
            }],
          },
        ],
        // Taken up again by a restarted daemon.
        "agent.resumed": "running",
      },
    },
    /** A member between two turns: mail, a person or whoever leads it begins the next one. */
    resting: {
      on: {
        "turn.began": "running",
        "agent.finished": "finished",
        "agent.failed": "failed",
        "agent.stopped": "stopped",
      },
    },
    /** Its turn is over; its end is reported when it is known what becomes of its worktree. */
    leaving: {
      entry: ["worktree.leave"],
      on: {
        ...ends,
        "agent.worktree_left": {
          target: "reporting",
          actions: [{
            type: "agent.report",
            params: ({ context }) => ({ agent: context.agent, outcome: context.outcome ?? "completed" }),
          }],
        },
      },
    },
    reporting: { on: ends },
    finished: {},
    failed: {},
    stopped: {},
  },
});
