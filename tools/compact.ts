// Compact: asks that the conversation be summarised, so that there is room again. The kernel does it after the call.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";

export const instructionsCharsMax = 4000;

const parameters = z.strictObject({
  instructions: z.string().min(1).max(instructionsCharsMax).optional().describe(
    "What the summary must keep",
  ),
});

export const compactTool = defineTool({
  name: "Compact",
  description:
    "Asks for the conversation so far to be replaced by a summary, when much of it is not needed any more. Nothing is lost: the originals stay in the session's log.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 5000, outputCharsMax: 2000 },
  run: ({ instructions }) =>
    Promise.resolve({
      status: "finished",
      output: "The conversation will be summarised before the next request; go on with the task afterwards",
      truncated: false,
      facts: [{
        type: "context.compact_requested",
        data: { by: "agent", ...(instructions === undefined ? {} : { instructions }) },
      }],
    }),
});
