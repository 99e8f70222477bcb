// The last check before a conversation leaves: every call has exactly one result, every result has its call.
// Endpoints refuse anything else, and a session that once sent it could never go on.
import type { Message } from "../protocol/conversation.ts";

/**
 * Throws a plain error (a bug of the caller) when a tool message has no call, a call has no result or more than one,
 * or something stands between a call and its result.
 */
export function checkWholeConversation(messages: readonly Message[]): void {
  let open = new Set<string>();
  messages.forEach((message, index) => {
    if (message.role === "tool") {
      if (!open.delete(message.call_id)) {
        throw new Error(
          `Cannot send message ${index}: tool result "${message.call_id}" answers no open call`,
        );
      }
      return;
    }
    refuseOpen(open, `before message ${index}`);
    if (message.role !== "assistant") return;
    open = new Set(message.calls.map((call) => call.call_id));
    if (open.size !== message.calls.length) {
      throw new Error(`Cannot send message ${index}: two of its calls have the same id`);
    }
  });
  refuseOpen(open, "at the end");
}

function refuseOpen(open: ReadonlySet<string>, where: string): void {
  if (open.size === 0) return;
  const ids = [...open].map((id) => `"${id}"`).join(", ");
  throw new Error(`Cannot send the conversation: no result for ${ids} ${where}`);
}
