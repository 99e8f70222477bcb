// The tool-call machine: the life of one call, from the model's wish to exactly one result.
import { setup } from "xstate";
import { iterationsMax } from "./step.ts";

export interface ToolCallContext {
  callId: string;
  name: string;
}

export type ToolCallEvent =
  | { type: "call.approval_requested" }
  | { type: "call.approved" }
  | { type: "call.denied" }
  | { type: "call.started" }
  | { type: "call.finished" }
  | { type: "call.failed" }
  | { type: "call.interrupted" }
  | { type: "question.asked" }
  | { type: "question.answered" };

const params = ({ context }: { context: ToolCallContext }) => ({
  call_id: context.callId,
  name: context.name,
});
const unrun = {
  "call.denied": "denied",
  "call.failed": "failed",
  "call.interrupted": "interrupted",
} as const;

export const toolCallMachine = setup({
  types: {
    context: {} as ToolCallContext,
    events: {} as ToolCallEvent,
    input: {} as ToolCallContext,
  },
  actions: {
    /** Decide whether the call may run, must be asked for, or is refused; run it when it may. */
    "call.review": (_, _params: { call_id: string; name: string }) => {},
    /** Run an approved call. */
    "call.run": (_, _params: { call_id: string; name: string }) => {},
    /** Give a call that asked a person its result: the answer. */
    "question.report": (_, _params: { call_id: string; name: string }) => {},
  },
}).createMachine({
  id: "tool_call",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({ callId: input.callId, name: input.name }),
  initial: "proposed",
  states: {
    proposed: {
      entry: [{ type: "call.review", params }],
      on: { ...unrun, "call.approval_requested": "asking", "call.started": "running" },
    },
    asking: { on: { ...unrun, "call.approved": "approved" } },
    // No "call.denied" here: the first answer counts.
    approved: {
      entry: [{ type: "call.run", params }],
      on: { "call.failed": "failed", "call.interrupted": "interrupted", "call.started": "running" },
    },
    running: {
      on: {
        // Started again after a restart: only calls whose tool allows it.
        "call.started": "running",
        "call.finished": "finished",
        "call.failed": "failed",
        "call.interrupted": "interrupted",
        "question.asked": "questioning",
      },
    },
    questioning: {
      on: { "call.failed": "failed", "call.interrupted": "interrupted", "question.answered": "answered" },
    },
    answered: {
      entry: [{ type: "question.report", params }],
      on: { "call.finished": "finished", "call.interrupted": "interrupted" },
    },
    finished: { type: "final" },
    failed: { type: "final" },
    denied: { type: "final" },
    interrupted: { type: "final" },
  },
});
