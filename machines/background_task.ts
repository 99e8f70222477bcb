// The background-task machine: a command that runs beside the conversation and outlives the turn that began it.
import { setup } from "xstate";
import { iterationsMax } from "./step.ts";

export interface BackgroundTaskContext {
  backgroundId: string;
}

/** Ends of which the agent that began it is to hear at once; the others are told with its next model call. */
const wakingEnds: readonly string[] = ["exited", "timed_out", "too_much_output", "lost"];

export function wakesAgent(status: string): boolean {
  return wakingEnds.includes(status);
}

export const backgroundTaskMachine = setup({
  types: {
    context: {} as BackgroundTaskContext,
    events: {} as { type: "background.ended" },
    input: {} as BackgroundTaskContext,
  },
  actions: {
    /** Watch the command to its end, and say in the log how it ended. */
    "background.run": (_, _params: { background_id: string }) => {},
  },
}).createMachine({
  id: "background_task",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({ backgroundId: input.backgroundId }),
  initial: "running",
  states: {
    running: {
      entry: [{
        type: "background.run",
        params: ({ context }: { context: BackgroundTaskContext }) => ({
          background_id: context.backgroundId,
        }),
      }],
      on: { "background.ended": "ended" },
    },
    ended: { type: "final" },
  },
});
