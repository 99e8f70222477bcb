// The sub-agent machine: the life of an agent beside the main one, as its session sees it, beside the loop it runs
// (agent.ts). One of kind `member` rests between turns; the others have one turn and report how it ended.
import { setup } from "xstate";
import type { AgentKind } from "../src/protocol/agent_facts.ts";
import type { TurnOutcome } from "../src/protocol/facts.ts";
import { iterationsMax } from "./step.ts";

export interface SubAgentContext {
  agent: string;
  /** The call that waits for it; null: none does. */
  callId: string | null;
  kind: AgentKind;
}

export type SubAgentEvent =
  | { type: "turn.began" }
  | { type: "turn.ended"; outcome: TurnOutcome }
  | { type: "agent.resumed" }
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
  types: { context: {} as SubAgentContext, events: {} as SubAgentEvent, input: {} as SubAgentContext },
  actions: {
    /** Say in the log how the child ended. */
    "agent.report": (_, _params: { agent: string; outcome: TurnOutcome }) => {},
    /** Give the parent's call its result. */
    "call.report": (_, _params: { call_id: string; agent: string }) => {},
  },
  guards: {
    is_awaited: ({ context }) => context.callId !== null && context.kind === "task",
    is_member: ({ context }) => context.kind === "member",
  },
}).createMachine({
  id: "sub_agent",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({ agent: input.agent, callId: input.callId, kind: input.kind }),
  initial: "running",
  states: {
    running: {
      on: {
        ...ends,
        "turn.ended": [
          { guard: "is_member", target: "resting" },
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
    reporting: { on: ends },
    finished: {},
    failed: {},
    stopped: {},
  },
});
