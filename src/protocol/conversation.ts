// The conversation: messages as a model sees them and as `GET /sessions/:id` shows them.
import { z } from "zod";
import { proposedCall } from "./facts.ts";
import { jsonObject } from "./json.ts";
import { image, reasoning } from "./model_parts.ts";

export const userMessage = z.object({
  role: z.literal("user"),
  text: z.string(),
  message_id: z.string().optional(),
  images: z.array(image).optional(),
});
export const assistantMessage = z.object({
  role: z.literal("assistant"),
  text: z.string(),
  calls: z.array(proposedCall),
  reasoning: reasoning.optional(),
});
/** The one result of one tool call. */
export const toolMessage = z.object({
  role: z.literal("tool"),
  call_id: z.string(),
  name: z.string(),
  output: z.string(),
  is_error: z.boolean(),
  images: z.array(image).optional(),
});
export const message = z.discriminatedUnion("role", [userMessage, assistantMessage, toolMessage]);
export type Message = z.infer<typeof message>;

export const toolSpec = z.object({ name: z.string(), description: z.string(), parameters: jsonObject });
export type ToolSpec = z.infer<typeof toolSpec>;

/** What any provider is asked, before it is put into the provider's own wire form. */
export const modelRequest = z.object({
  model: z.string(),
  system: z.string(),
  tools: z.array(toolSpec),
  messages: z.array(message),
  /** The most tokens of the answer; without it the provider's own choice for the model. */
  max_output_tokens: z.number().int().positive().optional(),
});
export type ModelRequest = z.infer<typeof modelRequest>;
