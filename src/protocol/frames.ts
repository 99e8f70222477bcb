// Frames: what crosses the WebSocket, one JSON object each.
import { z } from "zod";
import { command } from "./commands.ts";
import { eventEnvelope } from "./facts.ts";

export const helloFrame = z.object({
  type: z.literal("hello"),
  session_id: z.string(),
  head: z.number().int(),
  epoch: z.number().int(),
});
export const eventFrame = z.object({ type: z.literal("event"), event: eventEnvelope });
export const syncedFrame = z.object({ type: z.literal("synced"), seq: z.number().int() });
/**
 * Text in the making, never logged. `of_seq` is the `model.called` (or `call.started`) fact it belongs to,
 * `offset` counts UTF-16 code units from the start of that text.
 */
export const deltaFrame = z.object({
  type: z.literal("delta"),
  actor: z.string(),
  of_seq: z.number().int(),
  offset: z.number().int(),
  text: z.string(),
});
/** Something a person should know now, never logged: an endpoint that is asked again, for example. */
export const noticeFrame = z.object({
  type: z.literal("notice"),
  actor: z.string(),
  of_seq: z.number().int(),
  text: z.string(),
});
export const gapFrame = z.object({ type: z.literal("gap"), from: z.number().int(), to: z.number().int() });
export const errorFrame = z.object({ type: z.literal("error"), code: z.string(), message: z.string() });
export const acceptedFrame = z.object({
  type: z.literal("accepted"),
  id: z.string(),
  seq: z.number().int(),
  message_id: z.string().optional(),
  call_id: z.string().optional(),
});
export const refusedFrame = z.object({
  type: z.literal("refused"),
  id: z.string(),
  code: z.string(),
  message: z.string(),
});

export const serverFrame = z.discriminatedUnion("type", [
  helloFrame,
  eventFrame,
  syncedFrame,
  deltaFrame,
  noticeFrame,
  gapFrame,
  errorFrame,
  acceptedFrame,
  refusedFrame,
]);
export type ServerFrame = z.infer<typeof serverFrame>;
export type DeltaFrame = z.infer<typeof deltaFrame>;
export type NoticeFrame = z.infer<typeof noticeFrame>;

export const clientFrame = z.strictObject({
  type: z.literal("command"),
  id: z.string().min(1).max(128),
  command,
});
