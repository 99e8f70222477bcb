// The result line of `jamey run`, as scripts rely on it.
import { z } from "zod";

export const runResult = z.object({
  type: z.literal("result"),
  subtype: z.string(),
  is_error: z.boolean(),
  result: z.string(),
  session_id: z.string().nullable(),
  num_turns: z.number().int(),
  duration_ms: z.number().int(),
  total_cost_usd: z.number().nullable(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
  permission_denials: z.array(z.object({ call_id: z.string(), name: z.string() })),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
}).loose();
export type RunResult = z.infer<typeof runResult>;
