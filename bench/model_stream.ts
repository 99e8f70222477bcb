// A local model server in this process, on the wire of OpenAI chat completions. Requests name no plan: the caller sets
// what the next answers are.
import { z } from "zod";

const encoder = new TextEncoder();
const wireMessage = z.object({ role: z.string(), content: z.unknown() });
const wireRequest = z.object({ messages: z.array(wireMessage) });
export type WireMessages = z.infer<typeof wireRequest>["messages"];

/** Writes an answer: the deltas of one `send` leave at once and together, one chunk of the wire each. */
export type Answer = (send: Send, messages: WireMessages) => Promise<void> | void;
export type Send = (...deltas: Record<string, unknown>[]) => void;

export interface ModelStream {
  /** With the version path. */
  url: string;
  /** When each request began to arrive and when each answer had been sent whole, by `performance.now()`. */
  arrivals: number[];
  ends: number[];
  answer: Answer;
  close(): Promise<void>;
}

export function startModelStream(): ModelStream {
  const stream: ModelStream = {
    url: "",
    arrivals: [],
    ends: [],
    answer: () => {},
    close: () => server.shutdown(),
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    stream.arrivals.push(performance.now());
    const { messages } = wireRequest.parse(await request.json());
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        let calls = false;
        const send: Send = (...deltas) => {
          calls ||= deltas.some((delta) => "tool_calls" in delta);
          const choices = deltas.map((delta) => [{ index: 0, delta, finish_reason: null }]);
          controller.enqueue(encoder.encode(choices.map((choices) => chunk({ choices })).join("")));
        };
        await stream.answer(send, messages);
        const finish_reason = calls ? "tool_calls" : "stop";
        const usage = { prompt_tokens: 900, completion_tokens: 90, total_tokens: 990 };
        const last = [{ choices: [{ index: 0, delta: {}, finish_reason }] }, { choices: [], usage }];
        controller.enqueue(encoder.encode(`${last.map(chunk).join("")}data: [DONE]\n\n`));
        controller.close();
        stream.ends.push(performance.now());
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  stream.url = `http://127.0.0.1:${server.addr.port}/v1`;
  return stream;
}

function chunk(fields: Record<string, unknown>): string {
  const whole = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "local", ...fields };
  return `data: ${JSON.stringify(whole)}\n\n`;
}

/** Asks the model server as the barest client does; calls `onBytes` with every piece of the answer. */
export async function askDirectly(
  url: string,
  messages: unknown[],
  onBytes: (text: string) => void = () => {},
): Promise<void> {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "local", stream: true, messages }),
  });
  if (response.body === null) throw new Error("The model server sent no body");
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) onBytes(text);
}
