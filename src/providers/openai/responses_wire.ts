// From our request to the body of a request to the responses API. Pure. Nothing is stored at the endpoint: the whole
// conversation is sent each time, with what the model thought in the encrypted form that it gave us.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import type { Image } from "../../protocol/facts.ts";
import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { checkWholeConversation } from "../whole_conversation.ts";
import { clean, dataUrl, encodeArgs, type Encoding, readableText, safeName } from "./wire.ts";

/** The format of what a model thought, as this API gives it and takes it back. */
export const responsesReasoning = "openai-responses";

/** The exact body that is sent; throws (a bug) when a call and its result do not fit together. */
export function encodeResponses(request: ModelRequest, how: Encoding): JsonObject {
  checkWholeConversation(request.messages);
  const tools = request.tools.map((tool) => ({
    type: "function",
    name: tool.name,
    description: clean(tool.description),
    parameters: tool.parameters,
    // Strict schemas are a subset of what tools may ask for here.
    strict: false,
  }));
  const limit = request.max_output_tokens;
  return {
    model: request.model,
    ...(request.system === "" ? {} : { instructions: clean(request.system) }),
    input: request.messages.flatMap((message) => encodeItems(message, request.model, how)),
    ...(tools.length === 0 ? {} : { tools }),
    ...(limit === undefined ? {} : { max_output_tokens: limit }),
    ...(thinks(request.model) ? { include: ["reasoning.encrypted_content"] } : {}),
    store: false,
    stream: true,
  };
}

/** Models that do not think refuse a request for encrypted thoughts, so that only those known to think are asked for them. */
function thinks(model: string): boolean {
  return /^(?:ft:)?(?:o\d|codex|gpt-(?:[5-9]|\d{2})(?!.*-chat))/.test(model);
}

/** Models of which it is known that they refuse thoughts, also those of another model of the same session. */
function neverThinks(model: string): boolean {
  return /^(?:ft:)?(?:gpt-[34]|chatgpt-|gpt-.*-chat)/.test(model);
}

function encodeItems(message: Message, model: string, how: Encoding): JsonObject[] {
  switch (message.role) {
    case "user": {
      const text = readableText(message, model, how);
      return [{ type: "message", role: "user", content: withImages(text, message.images, how) }];
    }
    case "tool": {
      const text = readableText(message, model, how);
      const output = withImages(text, message.images, how);
      return [{ type: "function_call_output", call_id: message.call_id, output }];
    }
    case "assistant":
      return [...encodeThoughts(message, model), ...encodeText(message.text), ...encodeCalls(message)];
    default:
      return message satisfies never;
  }
}

function withImages(text: string, images: readonly Image[] = [], how: Encoding): JsonValue {
  if (images.length === 0 || !how.vision) return text;
  return [
    ...(text === "" ? [] : [{ type: "input_text", text }]),
    ...images.map((image) => ({ type: "input_image", image_url: dataUrl(image), detail: "auto" })),
  ];
}

type Assistant = Extract<Message, { role: "assistant" }>;

/** Thoughts as they came. One without its encrypted content is a reference to what the endpoint never stored. */
function encodeThoughts({ reasoning, text, calls }: Assistant, model: string): JsonObject[] {
  if (neverThinks(model)) return [];
  // A thought must be followed by what it led to.
  if (reasoning?.format !== responsesReasoning || (text === "" && calls.length === 0)) return [];
  return reasoning.items.filter(isThought);
}

function isThought(item: JsonValue): item is JsonObject {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  return item.type === "reasoning" && typeof item.encrypted_content === "string";
}

function encodeText(text: string): JsonObject[] {
  return text === "" ? [] : [{ type: "message", role: "assistant", content: clean(text) }];
}

function encodeCalls({ calls }: Assistant): JsonObject[] {
  return calls.map((call) => ({
    type: "function_call",
    call_id: call.call_id,
    name: safeName(call.name),
    arguments: encodeArgs(call.args),
  }));
}
