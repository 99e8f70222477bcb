// The workflow machine: nodes of a graph that start when their joins are met, at most so many at once. It knows the graph
// and what was said of its nodes; which edges hold and what a node is given is found out by the workflow's voice.
import { assign, setup } from "xstate";
import { type EffectRequest, iterationsMax } from "./step.ts";
import type { SupervisorEvent } from "./supervisor_events.ts";
import { finishKey, type WorkflowContext } from "./workflow_context.ts";
import { lostNodes } from "./workflow_edit.ts";
import { advanceWorkflow, beginWorkflow, isOwed, type WorkflowInput } from "./workflow_run.ts";

const base = setup({
  types: { context: {} as WorkflowContext, events: {} as SupervisorEvent, input: {} as WorkflowInput },
  actions: {
    "requests.make": (_, _params: { requests: readonly EffectRequest[] }) => {},
    decide: assign(({ context, event }) => advanceWorkflow(context, event)),
  },
  guards: {
    is_owed: ({ context, event }) => isOwed(context, event),
    is_end: ({ context, event }) =>
      event.type === "workflow.finished" && context.finishing && event.data.key === finishKey(context),
    fits: ({ context, event }) =>
      event.type === "workflow.edited" && lostNodes(context, event.data.plan).length === 0,
    has_to_stop: ({ context }) => context.stop !== null,
    has_to_pause: ({ context }) => context.paused,
  },
});

const make = {
  type: "requests.make",
  params: ({ context }: { context: WorkflowContext }) => ({ requests: context.requests }),
} as const;
const decided = { actions: ["decide", make] } as const;
const owed = { guard: "is_owed", ...decided } as const;
const end = { guard: "is_end", target: "ended" } as const;

const heard = {
  "workflow.node_started": owed,
  "workflow.node_finished": owed,
  "workflow.node_failed": owed,
  "workflow.finished": end,
  "child.ended": decided,
  "call.ended": decided,
  "timer.fired": decided,
  "turn.cancelled": decided,
} as const;
const stops = { guard: "has_to_stop", target: "stopping" } as const;

export const workflowMachine = base.createMachine({
  id: "workflow",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => beginWorkflow(input),
  initial: "beginning",
  states: {
    beginning: { entry: [make], always: "running" },
    running: {
      always: [stops, { guard: "has_to_pause", target: "paused" }],
      on: {
        ...heard,
        "workflow.paused": { target: "paused", ...decided },
        "session.forked": { target: "paused", ...decided },
      },
    },
    /** What runs ends, nothing starts, until a person lets it go on. */
    paused: {
      always: stops,
      on: {
        ...heard,
        "workflow.resumed": { target: "running", ...decided },
        "workflow.edited": { guard: "fits", ...decided },
        "session.forked": decided,
      },
    },
    /** Everything below it was told to stop, and it waits for the ends. */
    stopping: { on: { ...heard, "session.forked": decided } },
    ended: { type: "final" },
  },
});
