// The events of a streamed answer as far as they are read; types and fields that come later pass.
// https://platform.claude.com/docs/en/build-with-claude/streaming
import { z } from "zod";
import { badAnswer } from "../wire/failure.ts";
import type { ServerEvent } from "../wire/sse.ts";
import { streamedFailure } from "./failure.ts";

const tokens = z.number().nonnegative().transform(Math.trunc).nullish();
const usageFields = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_input_tokens: tokens,
  cache_creation_input_tokens: tokens,
}).nullish();
export type UsageFields = z.infer<typeof usageFields>;

const index = z.number().int().nonnegative();
const words = z.string().nullish();
const streamEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: z.object({ usage: usageFields }) }),
  z.object({
    type: z.literal("content_block_start"),
    index,
    content_block: z.looseObject({
      type: z.string(),
      text: words,
      name: words,
      thinking: words,
      signature: words,
    }),
  }),
  z.object({
    type: z.literal("content_block_delta"),
    index,
    delta: z.object({
      type: z.string(),
      text: words,
      partial_json: words,
      thinking: words,
      signature: words,
    }),
  }),
  z.object({ type: z.literal("content_block_stop"), index }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({
      stop_reason: words,
      stop_details: z.object({ category: words, explanation: words }).nullish().catch(null),
    }),
    usage: usageFields,
  }),
  z.object({ type: z.literal("message_stop") }),
]);
export type StreamEvent = z.infer<typeof streamEvent>;

const known: ReadonlySet<string> = new Set(
  streamEvent.options.map((option) => option.shape.type.value),
);
const anyEvent = z.looseObject({ type: z.string() });

/** Null for events that say nothing to us, as `ping`. Throws a CallFailure for errors and for what cannot be read. */
export function parseEvent(event: ServerEvent): StreamEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(event.data);
  } catch {
    throw badAnswer(`an event is not JSON: ${event.data.slice(0, 80)}`);
  }
  const typed = anyEvent.safeParse(value);
  if (event.event === "error" || (typed.success && typed.data.type === "error")) throw streamedFailure(value);
  if (!typed.success) throw badAnswer("an event has no type");
  if (!known.has(typed.data.type)) return null;
  const parsed = streamEvent.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badAnswer(`an event has the wrong shape: "${issue?.path.join(".")}": ${issue?.message}`);
}
