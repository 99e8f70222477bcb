// From our request to the body of a Messages request. Pure: the same request gives the same bytes.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import type { Image } from "../../protocol/facts.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelInfo } from "../contract.ts";
import { imageNote } from "../images.ts";
import { checkWholeConversation } from "../whole_conversation.ts";
import { placeReasoning } from "./reasoning.ts";
import { thinkingField } from "./thinking.ts";

export interface EncodeOptions {
  info: ModelInfo;
  thinkingBudget: number | undefined;
}

/** The API refuses blank text and conversations that do not begin and end with the user; these stand in. */
const noOutput = "(no output)";
const beginning = "(the beginning of this conversation is left out)";
const goOn = "(go on)";
/** User messages whose end is marked for the prompt cache: the API takes four marks, with those of system and tools. */
const markedMessages = 2;
/** The API's limits for names and ids in a conversation. */
const nameCharsMax = 128;

interface WireMessage {
  role: "user" | "assistant";
  content: JsonObject[];
}

/** The exact body that is sent; throws (a bug) when a call and its result do not fit together. */
export function encodeMessages(request: ModelRequest, options: EncodeOptions): JsonObject {
  checkWholeConversation(request.messages);
  const { info, thinkingBudget } = options;
  const maxTokens = Math.min(request.max_output_tokens ?? info.outputMax, info.outputMax);
  const messages = closeConversation(mergeMessages(request, info.vision));
  const thinking = thinkingField({
    model: request.model,
    budget: thinkingBudget,
    maxTokens,
    interrupted: goesOnUnthought(messages),
  });
  const system: JsonObject[] = isBlank(request.system) ? [] : [textBlock(request.system)];
  const tools = request.tools.map((tool): JsonObject => ({
    name: safeName(tool.name),
    description: clean(tool.description),
    input_schema: { type: "object", ...tool.parameters },
  }));
  markForCache(system, tools, messages);
  return {
    model: request.model,
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(thinking === null ? {} : { thinking }),
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: true,
  };
}

/** Neighbours of one role become one message; what would be empty is left out. */
function mergeMessages(request: ModelRequest, vision: boolean): WireMessage[] {
  const merged: WireMessage[] = [];
  const encodeImage = (image: Image): JsonObject =>
    vision
      ? { type: "image", source: { type: "base64", media_type: image.media_type, data: image.data } }
      : textBlock(imageNote(request.model));
  for (const message of request.messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = encodeContent(message, encodeImage);
    const before = merged.at(-1);
    if (content.length === 0) continue;
    if (before?.role === role) before.content.push(...content);
    else merged.push({ role, content });
  }
  // The API wants the results of calls before anything else of the message that answers them.
  for (const { content } of merged) content.sort((a, b) => Number(isResult(b)) - Number(isResult(a)));
  return merged;
}

function encodeContent(message: Message, encodeImage: (image: Image) => JsonObject): JsonObject[] {
  switch (message.role) {
    case "user": {
      const text = isBlank(message.text) ? [] : [textBlock(message.text)];
      return [...text, ...(message.images ?? []).map(encodeImage)];
    }
    case "tool":
      return encodeResult(message, (message.images ?? []).map(encodeImage));
    case "assistant": {
      const calls = message.calls.map((call): JsonObject => ({
        type: "tool_use",
        id: safeId(call.call_id),
        name: safeName(call.name),
        input: encodeArgs(call.args),
      }));
      return placeReasoning(message.reasoning, message.text, calls);
    }
    default:
      return message satisfies never;
  }
}

function encodeResult(message: Extract<Message, { role: "tool" }>, images: JsonObject[]): JsonObject[] {
  const blank = isBlank(message.output);
  const result = { type: "tool_result", tool_use_id: safeId(message.call_id) };
  // Only text is taken inside an error; its images follow the result.
  if (message.is_error) {
    const content = blank ? noOutput : clean(message.output);
    return [{ ...result, content, is_error: true }, ...images];
  }
  if (images.length === 0) return [{ ...result, content: blank ? noOutput : clean(message.output) }];
  return [{ ...result, content: [...(blank ? [] : [textBlock(message.output)]), ...images] }];
}

function closeConversation(messages: WireMessage[]): WireMessage[] {
  const user = (text: string): WireMessage => ({ role: "user", content: [textBlock(text)] });
  const before = messages[0]?.role === "assistant" ? [user(beginning)] : [];
  const after = messages.at(-1)?.role === "user" ? [] : [user(goOn)];
  return [...before, ...messages, ...after];
}

/** A mark says: all up to here is asked again soon. The head is the same in each request, the conversation only grows. */
function markForCache(system: JsonObject[], tools: JsonObject[], messages: readonly WireMessage[]): void {
  const users = messages.filter(({ role }) => role === "user").slice(-markedMessages);
  for (const blocks of [system, tools, ...users.map(({ content }) => content)]) {
    const last = blocks.at(-1);
    if (last !== undefined) last.cache_control = { type: "ephemeral" };
  }
}

/**
 * Answers with calls, up to the results that are sent now, are one turn to the API: if it began without thinking (another
 * model's, or none was asked for), it must go on without.
 */
function goesOnUnthought(messages: readonly WireMessage[]): boolean {
  let began: WireMessage | undefined;
  for (let at = messages.length - 1; at > 0 && messages[at]?.content.some(isResult); at -= 2) {
    began = messages[at - 1];
  }
  return began !== undefined && !String(began.content[0]?.type).endsWith("thinking");
}

/** Arguments that were not a JSON object are wrapped into one: the API refuses any other input. */
function encodeArgs(args: JsonObject | string): JsonObject {
  return typeof args === "string" ? { unparsed_arguments: clean(args) } : args;
}

/** Names that a model made up may hold characters which the API refuses in a conversation. */
function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, nameCharsMax);
  return safe === "" ? "_" : safe;
}

/** Ids stay told apart: what the API does not take is written as its code. */
function safeId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`);
}

function isResult(block: JsonObject): boolean {
  return block.type === "tool_result";
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

function textBlock(text: string): JsonObject {
  return { type: "text", text: clean(text) };
}

/** Half a surrogate pair is not text to an endpoint and would make it refuse the whole conversation. */
function clean(text: string): string {
  return text.toWellFormed();
}
