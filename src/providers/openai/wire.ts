// From our request to the body of a chat-completions request. Pure: the same request gives the same bytes.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { checkWholeConversation } from "../whole_conversation.ts";

/** The exact body that is sent; throws (a bug) when a call and its result do not fit together. */
export function encodeChat(request: ModelRequest): JsonObject {
  checkWholeConversation(request.messages);
  const messages = request.messages.map(encodeMessage);
  const system = request.system === "" ? [] : [{ role: "system", content: clean(request.system) }];
  const tools = request.tools.map((tool) => ({
    type: "function",
    function: { name: tool.name, description: clean(tool.description), parameters: tool.parameters },
  }));
  return {
    model: request.model,
    messages: [...system, ...messages],
    // An empty list is refused by the API.
    ...(tools.length === 0 ? {} : { tools }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function encodeMessage(message: Message): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: clean(message.text) };
    case "tool":
      return { role: "tool", tool_call_id: message.call_id, content: clean(message.output) };
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

/**
 * Arguments that were not a JSON object are wrapped into one: many endpoints parse the arguments of old calls and
 * refuse the whole conversation, for ever, when they cannot.
 */
function encodeArgs(args: JsonObject | string): string {
  return JSON.stringify(typeof args === "string" ? { unparsed_arguments: clean(args) } : args);
}

/** Names that a model made up may hold characters which the API refuses in a conversation. */
function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
  return safe === "" ? "_" : safe;
}

/** Half a surrogate pair is not text to an endpoint and would make it refuse the whole conversation. */
function clean(text: string): string {
  return text.toWellFormed();
}
