// The events of the responses API, as far as they are read: there are many more, and all of them may be skipped.
import { z } from "zod";

const index = z.number().int().nonnegative().default(0);
const tokens = z.number().nonnegative().transform(Math.trunc).nullish();
const part = z.looseObject({ text: z.string().nullish(), refusal: z.string().nullish() });

/** One thing that the model put out: a message, a call, a thought. Loose, because thoughts go back as they came. */
const outputItem = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  status: z.string().nullish(),
  content: z.array(part).nullish(),
  summary: z.array(part).nullish(),
});
export type OutputItem = z.infer<typeof outputItem>;

const response = z.object({
  output: z.array(outputItem).nullish(),
  usage: z.object({
    input_tokens: tokens,
    output_tokens: tokens,
    input_tokens_details: z.object({ cached_tokens: tokens }).nullish().catch(null),
  }).nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
});
const failed = z.object({ error: z.unknown().optional() });

const events = {
  "response.output_text.delta": z.object({ output_index: index, delta: z.string() }),
  "response.output_text.done": z.object({ output_index: index, text: z.string() }),
  "response.refusal.delta": z.object({ output_index: index, delta: z.string() }),
  "response.function_call_arguments.delta": z.object({ output_index: index, delta: z.string() }),
  "response.function_call_arguments.done": z.object({ output_index: index, arguments: z.string() }),
  "response.output_item.added": z.object({ output_index: index, item: outputItem }),
  "response.output_item.done": z.object({ output_index: index, item: outputItem }),
  "response.completed": z.object({ response }),
  "response.incomplete": z.object({ response }),
  "response.failed": z.object({ response: failed }),
} as const;
type EventType = keyof typeof events;

export type ResponseEvent = { [T in EventType]: { type: T } & z.infer<(typeof events)[T]> }[EventType];
/** The events that end an answer, whole or cut short by the model's limits. */
export type Terminal = Extract<ResponseEvent, { type: "response.completed" | "response.incomplete" }>;

/** The event in a value; `unknown` for types that need not be read. */
export function responseEvent(value: { type: string }): ResponseEvent | "unknown" | { wrong: string } {
  if (!Object.hasOwn(events, value.type)) return "unknown";
  // The cast is what hasOwn has just shown; the second says that the schema of a type gives the event of that type.
  const type = value.type as EventType;
  const parsed = events[type].safeParse(value);
  if (parsed.success) return { type, ...parsed.data } as ResponseEvent;
  const issue = parsed.error.issues[0];
  return { wrong: `"${issue?.path.join(".")}": ${issue?.message}` };
}
