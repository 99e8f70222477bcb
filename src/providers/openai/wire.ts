// From our request to the body of a chat-completions request. Pure: the same request gives the same bytes.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import type { Image } from "../../protocol/facts.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { withImageNotes } from "../images.ts";
import { checkWholeConversation } from "../whole_conversation.ts";

/** What the body depends on besides the request. */
export interface Encoding {
  vision: boolean;
  /**
   * The field for the longest answer. OpenAI's own models of today refuse `max_tokens`; the servers that are compatible with
   * it (Ollama, LM Studio, DeepSeek, older vLLM and llama.cpp) know `max_tokens` only, and all of them know that.
   */
  outputLimit: "max_tokens" | "max_completion_tokens";
}

/** The exact body that is sent; throws (a bug) when a call and its result do not fit together. */
export function encodeChat(request: ModelRequest, how: Encoding): JsonObject {
  checkWholeConversation(request.messages);
  const system = request.system === "" ? [] : [{ role: "system", content: clean(request.system) }];
  const tools = request.tools.map((tool) => ({
    type: "function",
    function: { name: tool.name, description: clean(tool.description), parameters: tool.parameters },
  }));
  const limit = request.max_output_tokens;
  return {
    model: request.model,
    messages: [...system, ...encodeMessages(request, how)],
    // An empty list is refused by the API.
    ...(tools.length === 0 ? {} : { tools }),
    ...(limit === undefined ? {} : { [how.outputLimit]: limit }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function encodeMessages(request: ModelRequest, how: Encoding): JsonObject[] {
  const encoded: JsonObject[] = [];
  let shown: JsonObject[] = [];
  for (const message of request.messages) {
    // The results of one answer belong together: what they show comes behind the last of them.
    if (message.role !== "tool") encoded.push(...userParts(shown));
    if (message.role !== "tool") shown = [];
    encoded.push(encodeMessage(message, request.model, how));
    if (message.role === "tool" && how.vision) shown.push(...resultImages(message));
  }
  return [...encoded, ...userParts(shown)];
}

/** The API takes only text as a result, so the images of a result follow in a message of the user that names the call. */
function resultImages(message: Extract<Message, { role: "tool" }>): JsonObject[] {
  const images = message.images ?? [];
  if (images.length === 0) return [];
  const text = `Shown by the result of ${safeName(message.name)}, call "${message.call_id}":`;
  return [{ type: "text", text }, ...images.map(imagePart)];
}

function userParts(content: JsonObject[]): JsonObject[] {
  return content.length === 0 ? [] : [{ role: "user", content }];
}

function encodeMessage(message: Message, model: string, how: Encoding): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: userContent(message, model, how) };
    case "tool":
      return { role: "tool", tool_call_id: message.call_id, content: readableText(message, model, how) };
    case "assistant": {
      if (message.calls.length === 0) return { role: "assistant", content: clean(message.text) };
      return {
        role: "assistant",
        content: message.text === "" ? null : clean(message.text),
        tool_calls: message.calls.map((call) => ({
          id: call.call_id,
          type: "function",
          function: { name: safeName(call.name), arguments: encodeArgs(call.args) },
        })),
      };
    }
    default:
      return message satisfies never;
  }
}

function userContent(
  message: Extract<Message, { role: "user" }>,
  model: string,
  how: Encoding,
): string | JsonObject[] {
  const images = message.images ?? [];
  const text = readableText(message, model, how);
  if (images.length === 0 || !how.vision) return text;
  return [...(text === "" ? [] : [{ type: "text", text }]), ...images.map(imagePart)];
}

/** The text of a message, with a note for each image that the model cannot see. */
export function readableText(
  message: Extract<Message, { role: "user" | "tool" }>,
  model: string,
  how: Encoding,
): string {
  const text = message.role === "user" ? message.text : message.output;
  return clean(how.vision ? text : withImageNotes(text, message.images?.length ?? 0, model));
}

function imagePart(image: Image): JsonObject {
  return { type: "image_url", image_url: { url: dataUrl(image) } };
}

export function dataUrl(image: Image): string {
  return `data:${image.media_type};base64,${image.data}`;
}

/**
 * Arguments that were not a JSON object are wrapped into one: many endpoints parse the arguments of old calls and
 * refuse the whole conversation, for ever, when they cannot.
 */
export function encodeArgs(args: JsonObject | string): string {
  return JSON.stringify(typeof args === "string" ? { unparsed_arguments: clean(args) } : args);
}

/** Names that a model made up may hold characters which the API refuses in a conversation. */
export function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
  return safe === "" ? "_" : safe;
}

/** Half a surrogate pair is not text to an endpoint and would make it refuse the whole conversation. */
export function clean(text: string): string {
  return text.toWellFormed();
}
