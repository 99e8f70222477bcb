// What the scripted provider looks at: the last user message and the rounds of tool calls since. Pure.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import type { ModelCall } from "../contract.ts";

/** One call of this turn and its result. */
export interface CallResult {
  name: string;
  output: string;
  isError: boolean;
  /** How many images it showed. */
  images: number;
}

/** The turn so far: what was asked, and one entry for each answer with calls since then. */
export interface Turn {
  prompt: string;
  /** How many images came with it. */
  images: number;
  rounds: CallResult[][];
  tools: ReadonlySet<string>;
}

/** What the provider says next; without calls the turn ends. */
export interface Answer {
  text: string;
  calls: ModelCall[];
  /** Waits this long before each piece of text. */
  delayMs?: number;
}

/** Reads the turn out of a request; everything before the last user message is history. */
export function readTurn(request: ModelRequest): Turn {
  const start = request.messages.findLastIndex(isAsked);
  const asked = request.messages[start];
  return {
    prompt: asked?.role === "user" ? asked.text : "",
    images: asked?.role === "user" ? asked.images?.length ?? 0 : 0,
    rounds: readRounds(request.messages.slice(start + 1)),
    tools: new Set(request.tools.map((tool) => tool.name)),
  };
}

/** Notes and reminders of the runtime say something, but ask for nothing; so does mail, unless it brings a script. */
export function isAsked(message: Message): boolean {
  if (message.role !== "user" || /^<(?:note|reminder)>\n/.test(message.text)) return false;
  return !message.text.startsWith("<message from=") || message.text.includes("```script:");
}

/** An answer that ends the turn. */
export function say(text: string): Answer {
  return { text, calls: [] };
}

function readRounds(messages: readonly Message[]): CallResult[][] {
  const rounds: CallResult[][] = [];
  for (const message of messages) {
    if (message.role === "assistant" && message.calls.length > 0) rounds.push([]);
    if (message.role === "tool") {
      const { name, output, is_error: isError } = message;
      rounds.at(-1)?.push({ name, output, isError, images: message.images?.length ?? 0 });
    }
  }
  return rounds;
}
