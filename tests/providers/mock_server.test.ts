// Every provider that asks a model, against a mock model server that this project did not write: it proves that both sides
// understand the published languages, and not only each other.
import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { anthropicProvider } from "../../src/providers/anthropic.ts";
import { azureProvider } from "../../src/providers/azure.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { ollamaProvider } from "../../src/providers/ollama.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { ask, runModel } from "./contract.ts";

const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 7, logLevel: "silent" });
beforeAll(() => mock.start());
afterAll(() => mock.stop());

const apiKey = "sk-mock-0123456789";
const seeing = { "gpt-4o": { vision: true }, "claude-opus-5-5": { vision: true } };
const quick = {
  models: seeing,
  baseMs: 1,
  maxMs: 2,
  retryAfterMaxMs: 2,
  retries: 2,
  idleTimeoutMs: 5_000,
  random: () => 0.5,
};
const image = { media_type: "image/png" as const, data: "iVBORw0KGgo=" };

const endpoints: [string, string, (over: Record<string, unknown>) => Provider][] = [
  [
    "openai chat",
    "gpt-4o",
    (over) =>
      openaiProvider({ apiKey, baseUrl: `${mock.url}/v1`, model: "gpt-4o", api: "chat", ...quick, ...over }),
  ],
  [
    "openai responses",
    "gpt-4o",
    (over) =>
      openaiProvider({
        apiKey,
        baseUrl: `${mock.url}/v1`,
        model: "gpt-4o",
        api: "responses",
        ...quick,
        ...over,
      }),
  ],
  [
    "azure",
    "gpt-4o",
    (over) => azureProvider({ apiKey, endpoint: mock.url, model: "gpt-4o", ...quick, ...over }),
  ],
  ["ollama", "gpt-4o", (over) => ollamaProvider({ baseUrl: mock.url, model: "gpt-4o", ...quick, ...over })],
  [
    "anthropic",
    "claude-opus-5-5",
    (over) => anthropicProvider({ apiKey, baseUrl: mock.url, model: "claude-opus-5-5", ...quick, ...over }),
  ],
];

describe.each(endpoints)("%s against the mock server", (_, model, make) => {
  const run = (messages: Message[], over = {}, options = {}) =>
    runModel(make(over), ask(messages, { model }), options);
  const say = (text: string): Message[] => [{ role: "user", text }];

  beforeEach(() => {
    mock.reset();
    mock.onMessage("greet", { content: "Hello from a server that is not ours: ä 🚀" });
    // By the whole conversation: where a result cannot hold an image, it follows in a message of its own.
    const hasResult = {
      predicate: (request: { messages: { role: string }[] }) => countResults(request) === 2,
    };
    mock.on(hasResult, { content: "There are two files." });
    mock.on({ userMessage: "look" }, {
      content: "I look.",
      toolCalls: [
        { name: "Bash", arguments: { command: 'ls "a b" # ä 🚀' } },
        { name: "Read", arguments: { file_path: "a.txt" } },
      ],
    });
  });

  test("text comes in pieces, whole", async () => {
    const { end, events } = await run(say("greet me"));
    expect(end).toMatchObject({
      type: "done",
      text: "Hello from a server that is not ours: ä 🚀",
      calls: [],
    });
    expect(end).toMatchObject({ stop_reason: "stop" });
    expect(events.filter((event) => event.type === "text").length).toBeGreaterThan(2);
  });

  test("a turn with two calls and their results, an image among them, goes to its end", async () => {
    const first = await run(say("look around"));
    if (first.end.type !== "done") throw new Error(first.end.error.message);
    expect(first.end).toMatchObject({
      text: "I look.",
      calls: [
        { name: "Bash", args: { command: 'ls "a b" # ä 🚀' } },
        { name: "Read", args: { file_path: "a.txt" } },
      ],
      stop_reason: "tool_calls",
    });
    const calls = first.end.calls.map((call, index) => ({ ...call, call_id: `c1-${index + 1}` }));
    const results = calls.map(({ call_id, name }, index): Message => ({
      role: "tool",
      call_id,
      name,
      output: "seen",
      is_error: index === 1,
      ...(index === 0 ? {} : { images: [image] }),
    }));
    const messages = [
      ...say("look around"),
      { role: "assistant" as const, text: first.end.text, calls },
      ...results,
    ];
    const { end } = await run(messages);
    expect(end).toMatchObject({ type: "done", text: "There are two files.", calls: [] });
  });

  test("images of a person are understood", async () => {
    const messages: Message[] = [{ role: "user", text: "greet this", images: [image] }];
    expect(JSON.stringify(make({}).encode(ask(messages, { model })))).toContain(image.data);
    expect((await run(messages)).end.type).toBe("done");
  });

  test("what the model thought is kept apart from what it said", async () => {
    mock.prependFixture({
      match: { userMessage: "think" },
      response: { content: "Yes.", reasoning: "Let me think." },
    });
    const { end } = await run(say("think"));
    expect(end).toMatchObject({ type: "done", text: "Yes.", reasoning: { text: "Let me think." } });
  });

  test("usage is counted", async () => {
    mock.prependFixture({
      match: { userMessage: "count" },
      response: { content: "1 2 3", usage: usageOf(model) },
    });
    const { end } = await run(say("count"));
    expect(end).toMatchObject({ type: "done", usage: { input_tokens: 120, output_tokens: 30 } });
  });

  test.each([
    [429, "rate_limited"],
    [500, "unavailable"],
  ])("an error %d that passes is tried again", async (status, code) => {
    mock.nextRequestError(status, { message: "not now" });
    const { end, retries } = await run(say("greet"));
    expect(end.type).toBe("done");
    expect(retries.map((retry) => retry.error.code)).toEqual([code]);
  });

  test.each([
    [401, "who are you", "auth"],
    [400, "what is this", "bad_request"],
    [400, "prompt is too long: maximum context length is 10 tokens", "context_overflow"],
  ])("an error %d that stays is told: %s", async (status, message, code) => {
    mock.nextRequestError(status, { message, type: "invalid_request_error" });
    const { end, retries } = await run(say("greet"));
    expect([end.type, retries.length]).toEqual(["failed", 0]);
    expect(end).toMatchObject({ error: { code } });
    expect(JSON.stringify(end)).toContain(message);
  });

  test("a stream that the server breaks off is a failure, with the text that had come", async () => {
    mock.prependFixture({
      match: { userMessage: "long" },
      response: { content: "one two three four five six seven" },
      truncateAfterChunks: 5,
      // So that the pieces leave before the connection is broken.
      latency: 10,
    });
    const { end } = await run(say("a long one"), { retries: 0 });
    expect(end).toMatchObject({ type: "failed", error: { code: "disconnected" } });
    expect("one two three four five six seven".startsWith(end.text)).toBe(true);
  });

  test("a server that answers with rubbish is a failure", async () => {
    mock.prependFixture({
      match: { userMessage: "rubbish" },
      response: { content: "x" },
      chaos: { malformedRate: 1 },
    });
    const { end } = await run(say("rubbish"), { retries: 0 });
    expect(end).toMatchObject({ type: "failed", error: { code: "bad_answer" } });
  });

  test("a request for which the server has no answer is refused, not repeated", async () => {
    const { end, retries } = await run(say("nobody expects this"));
    expect([end.type, retries.length]).toEqual(["failed", 0]);
    expect(end).toMatchObject({ error: { code: "bad_request" } });
  });

  test("cancelling in the middle ends as cancelled", async () => {
    const { end } = await run(say("greet me"), {}, { abortAfter: 1 });
    expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
  });
});

function countResults(request: { messages: { role: string }[] }): number {
  return request.messages.filter((message) => message.role === "tool").length;
}

/** Each language has its own names for it. */
function usageOf(model: string): Record<string, number> {
  return model.startsWith("claude")
    ? { input_tokens: 120, output_tokens: 30 }
    : { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150, input_tokens: 120, output_tokens: 30 };
}

test.each(endpoints.filter(([name]) => name.startsWith("openai") || name === "anthropic"))(
  "%s lists the models of the mock server",
  async (_, _model, make) => {
    const names = await make({}).models?.(new AbortController().signal);
    expect(names?.length).toBeGreaterThan(0);
  },
);
