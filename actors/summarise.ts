// Summarising: asks the model for a summary of the past of a conversation. It may fail; the caller knows another way.
import type { Message } from "../src/protocol/conversation.ts";
import { unmarked } from "../src/protocol/enclosed.ts";
import type { Usage } from "../src/protocol/facts.ts";
import type { Provider } from "../src/providers/contract.ts";
import { textTokens } from "./token_estimate.ts";

const system =
  "You summarise the work of a coding agent so that it can go on without the original conversation.";
const wanted = [
  "Write a summary of the conversation below for the agent that continues it. Keep, in this order:",
  "1. What the user asked for, in their words where these matter, and every rule they gave.",
  "2. What was decided, and why.",
  "3. What was done: files changed, commands run, with paths, names and exact values that are still needed.",
  "4. What failed and what was learned from it.",
  "5. What is left to do, and what was being done last.",
  "Leave out what can be looked up again. Write plain text, no preamble.",
].join("\n");

/** A text of a message is cut to these many characters, fewer when the whole would not fit. */
const textCharsStart = 4_000;
const textCharsMin = 50;

export interface Past {
  messages: readonly Message[];
  /** The summary that stands for what was before these messages. */
  earlier: string | null;
  instructions: string;
  inputTokensMax: number;
  summaryTokensMax: number;
}

export async function summarise(
  { provider, model, signal }: { provider: Provider; model: string; signal: AbortSignal },
  past: Past,
): Promise<{ summary: string; usage: Usage } | { why: string }> {
  const text = promptOf(past);
  if (text === null) return { why: "the past is too long to be summarised in one request" };
  const request = {
    model,
    system,
    tools: [],
    messages: [{ role: "user" as const, text }],
    max_output_tokens: Math.max(1, Math.min(provider.info(model).outputMax, past.summaryTokensMax)),
  };
  for await (const event of provider.stream(request, { signal })) {
    if (event.type === "failed") return { why: event.error.message };
    if (event.type !== "done") continue;
    const summary = event.text.trim();
    if (summary === "") return { why: "the model gave no summary" };
    if (textTokens(summary) > past.summaryTokensMax) return { why: "the model's summary is too long" };
    return { summary, usage: event.usage };
  }
  return { why: "the model gave no answer" };
}

/** The past as one text, with texts cut as far as it takes to fit; null when even that is too long. */
function promptOf(past: Past): string | null {
  for (let chars = textCharsStart; chars >= textCharsMin; chars = Math.floor(chars / 2)) {
    const parts = [
      wanted,
      ...(past.instructions === "" ? [] : [`The user adds: ${past.instructions}`]),
      "<conversation>",
      ...(past.earlier === null ? [] : [`[summary of what came before]\n${past.earlier}`]),
      ...past.messages.map((message) => rendered(message, chars)),
      "</conversation>",
    ];
    const text = parts.join("\n\n");
    if (textTokens(text) + textTokens(system) + past.summaryTokensMax <= past.inputTokensMax) return text;
  }
  return null;
}

function rendered(message: Message, chars: number): string {
  switch (message.role) {
    case "user":
      return `${isTold(message.text) ? "[told]" : "[user]"}\n${cut(message.text, chars)}`;
    case "assistant": {
      const calls = message.calls.map((call) =>
        `[calls ${call.name} ${cut(JSON.stringify(call.args), chars)}]`
      );
      return ["[agent]", cut(message.text, chars), ...calls].filter((part) => part !== "").join("\n");
    }
    case "tool":
      return `[result of ${message.name}${message.is_error ? ", an error" : ""}]\n${
        cut(message.output, chars)
      }`;
  }
}

/** Words of other agents and of the runtime, which the user has not said. */
function isTold(text: string): boolean {
  return /^<(?:message|note|reminder)\b/.test(text);
}

/** No words look like the end of the conversation, or like a line that says who speaks. */
function cut(text: string, charsMax: number): string {
  const half = Math.floor(charsMax / 2);
  const some = text.length <= charsMax
    ? text
    : `${text.slice(0, half).toWellFormed()} [...] ${text.slice(-half).toWellFormed()}`;
  return unmarked(some).replaceAll(/^\[(?=(?:user|agent|told|calls|result|summary)\b)/gm, " [");
}
