// The sub-agent machine: the life of a child as its session sees it, beside the loop it runs (agent.ts).
import { setup } from "xstate";
import type { TurnOutcome } from "../src/protocol/facts.ts";
import { iterationsMax } from "./step.ts";

export interface SubAgentContext {
  agent: string;
  callId: string;
}

export type SubAgentEvent =
  | { type: "turn.ended"; outcome: TurnOutcome }
  | { type: "agent.resumed" }
  | { type: "agent.finished" }
  | { type: "agent.failed" }
  | { type: "agent.stopped" };

const report = {
  type: "call.report",
  params: ({ context }: { context: SubAgentContext }) => ({ call_id: context.callId, agent: context.agent }),
} as const;

export const subAgentMachine = setup({
  types: { context: {} as SubAgentContext, events: {} as SubAgentEvent, input: {} as SubAgentContext },
  actions: {
    /** Say in the log how the child ended. */
    "agent.report": (_, _params: { agent: string; outcome: TurnOutcome }) => {},
    /** Give the parent's call its result. */
    "call.report": (_, _params: { call_id: string; agent: string }) => {},
  },
}).createMachine({
  id: "sub_agent",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({ agent: input.agent, callId: input.callId }),
  initial: "running",
  states: {
    running: {
      on: {
        "turn.ended": {
          target: "reporting",
          actions: [{
            type: "agent.report",
            params: ({ context, event }) => ({ agent: context.agent, outcome: event.outcome }),
          }],
        },
        // Taken up again by a restarted daemon.
        "agent.resumed": "running",
      },
    },
    reporting: { on: { "agent.finished": "finished", "agent.failed": "failed", "agent.stopped": "stopped" } },
    finished: { entry: [report] },
    failed: { entry: [report] },
    stopped: { entry: [report] },
  },
});
