// A model at its wire with a small window: it counts what it is sent, refuses what is too large as real endpoints do, and
// writes summaries when it is asked for one.
import { answer, refuse } from "./model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "./model_server.ts";

export interface WindowModel {
  server: ModelServer;
  /** The largest request that was taken, in the model's own tokens. */
  largest(): number;
  /** Requests refused as too large, and summaries written. */
  refused(): number;
  summaries(): number;
}

/** Four characters of the messages and tools are a token here. */
const charsPerToken = 4;

export function startWindowModel(options: {
  window: number;
  /** What is answered besides summaries. */
  reply: (request: WireRequest) => Parameters<typeof answer>[0];
  /** How summaries go wrong. */
  summary?: (n: number) => ReturnType<typeof refuse> | null;
}): WindowModel {
  let largest = 0;
  let refused = 0;
  let summaries = 0;
  const server = startModelServer({
    reply: (request) => {
      const tokens = Math.ceil(JSON.stringify([request.messages, request.tools]).length / charsPerToken);
      if (tokens > options.window) {
        refused++;
        return refuse(
          400,
          `This model's maximum context length is ${options.window} tokens, you sent ${tokens}`,
        );
      }
      largest = Math.max(largest, tokens);
      const usage = { prompt_tokens: tokens, completion_tokens: 20 };
      if (!isSummary(request)) return answer({ ...options.reply(request), usage });
      summaries++;
      return options.summary?.(summaries) ??
        answer({ text: `Summary ${summaries}: the user wants numbers.`, usage });
    },
  });
  return { server, largest: () => largest, refused: () => refused, summaries: () => summaries };
}

function isSummary({ messages }: WireRequest): boolean {
  return messages[0]?.role === "system" && (messages[0].content ?? "").startsWith("You summarise");
}
