// Token estimates: how large a request is, without asking anyone. On the high side, because a request that is too large
// is refused and one that is a little small costs nothing.
import type { Message } from "../src/protocol/conversation.ts";
import type { RequestHead } from "./model_request.ts";

/** UTF-8 bytes a token stands for: about 4 in English prose, 3 in code, and in scripts of three-byte letters 3. */
const bytesPerToken = 3;
/** What providers count for a picture of the largest size they do not scale down. */
const imageTokens = 1_600;
/** Roles, ids and punctuation around each message. */
const messageOverhead = 8;

const encoder = new TextEncoder();
const known = new WeakMap<object, number>();

export function textTokens(text: string): number {
  // Up to a few hundred units the exact count is not worth a call out of the engine.
  const bytes = text.length < 256 ? text.length : encoder.encode(text).length;
  return Math.ceil(bytes / bytesPerToken);
}

/** Remembered for each message, which never changes: so a long conversation is counted once. */
export function messageTokens(message: Message): number {
  const counted = known.get(message);
  if (counted !== undefined) return counted;
  const tokens = messageOverhead + countMessage(message);
  known.set(message, tokens);
  return tokens;
}

function countMessage(message: Message): number {
  switch (message.role) {
    case "user":
      return textTokens(message.text) + (message.images?.length ?? 0) * imageTokens;
    case "tool":
      return textTokens(message.output) + (message.images?.length ?? 0) * imageTokens;
    case "assistant": {
      const calls = message.calls.length === 0 ? 0 : textTokens(JSON.stringify(message.calls));
      const reasoning = message.reasoning === undefined
        ? 0
        : textTokens(JSON.stringify(message.reasoning.items));
      return textTokens(message.text) + calls + reasoning;
    }
  }
}

export function messagesTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + messageTokens(message), 0);
}

export function headTokens(head: RequestHead): number {
  const counted = known.get(head);
  if (counted !== undefined) return counted;
  const tokens = textTokens(head.system) +
    (head.tools.length === 0 ? 0 : textTokens(JSON.stringify(head.tools)));
  known.set(head, tokens);
  return tokens;
}
