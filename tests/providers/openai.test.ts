// The openai provider against a real endpoint on loopback that answers well: requests, answers, tool calls.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { answer, delta, doubledWithIds, event, type Plan, slowed, sse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

const apiKey = "sk-test-0123456789";
let server: ModelServer;
let reply: (request: WireRequest, n: number) => Plan;

beforeAll(() => {
  server = startModelServer({ reply: (request, n) => reply(request, n) });
});
afterEach(() => expect(server.orphans).toEqual([]));
afterAll(() => server.close());

const provider = (over = {}) =>
  openaiProvider({ apiKey, baseUrl: server.url, model: "local", baseMs: 1, retries: 2, ...over });

async function answerTo(plan: Plan) {
  reply = () => plan;
  const { end, events } = await runModel(provider(), ask("hi"));
  if (end.type !== "done") throw new Error(`failed: ${end.error.code}: ${end.error.message}`);
  return { ...end, events };
}

describe("the openai provider keeps the provider contract", () => {
  beforeAll(() => {
    reply = (request) =>
      request.messages.at(-1)?.role === "tool"
        ? answer({ text: ["There ", "are ", "two."] })
        : answer({ text: ["Let me ", "look."], calls: [{ name: "Bash", args: { command: "ls" } }] });
  });
  providerContract(() => provider(), [
    ask("hello"),
    ask([{ role: "user", text: "hi" }, called("a"), resulted("a")]),
  ]);
});

describe("requests", () => {
  const everything = ask([
    { role: "user", text: "list, please: ä € 🚀 \u2028 \ud83d" },
    { role: "assistant", text: "I look.", calls: [{ call_id: "a", name: "Bash", args: { command: "ls" } }] },
    resulted("a", 'line "1"\n\u001b[31mred\u0000'),
    { role: "assistant", text: "", calls: [{ call_id: "b", name: "no such tool!", args: '{"half' }] },
    resulted("b", "unknown tool"),
    { role: "assistant", text: "Done.", calls: [] },
    { role: "user", text: "thanks" },
  ]);

  test("the bytes that arrive are exactly the encoded request", async () => {
    reply = () => answer({ text: "ok" });
    for (const request of [everything, ask("hi", { system: "", tools: [] })]) {
      await runModel(provider(), request);
      const sent = new TextDecoder().decode(server.requests.at(-1)?.bytes);
      expect(sent).toBe(JSON.stringify(provider().encode(request)));
    }
  });

  test("the conversation is put into the endpoint's form", () => {
    expect(provider().encode(everything)).toMatchObject({
      model: "local",
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "list, please: ä € 🚀 \u2028 \ufffd" },
        {
          role: "assistant",
          content: "I look.",
          tool_calls: [{
            id: "a",
            type: "function",
            function: { name: "Bash", arguments: '{"command":"ls"}' },
          }],
        },
        { role: "tool", tool_call_id: "a", content: 'line "1"\n\u001b[31mred\u0000' },
        {
          role: "assistant",
          content: null,
          tool_calls: [{
            id: "b",
            function: { name: "no_such_tool_", arguments: '{"unparsed_arguments":"{\\"half"}' },
          }],
        },
        { role: "tool", tool_call_id: "b", content: "unknown tool" },
        { role: "assistant", content: "Done." },
        { role: "user", content: "thanks" },
      ],
    });
  });

  test("an empty system prompt and an empty tool list are left out", () => {
    const body = provider().encode(ask("hi", { system: "", tools: [] }));
    expect(Object.keys(body)).toEqual(["model", "messages", "stream", "stream_options"]);
    expect(body.messages).toEqual([{ role: "user", content: "hi" }]);
  });

  test("the key goes into the credentials header and the environment adds nothing", async () => {
    Deno.env.set("OPENAI_ORG_ID", "org-from-environment");
    Deno.env.set("OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
    try {
      reply = () => answer({ text: "ok" });
      expect((await runModel(provider(), ask("hi"))).end.type).toBe("done");
    } finally {
      Deno.env.delete("OPENAI_ORG_ID");
      Deno.env.delete("OPENAI_BASE_URL");
    }
    const headers = server.requests.at(-1)?.headers ?? {};
    expect(headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(JSON.stringify(headers)).not.toContain("org-from-environment");
  });

  test("who stops listening hangs up on the endpoint", async () => {
    reply = () => slowed(answer({ text: Array(500).fill("word ") }), 5);
    const before = server.hungUp;
    const { signal } = new AbortController();
    for await (const _ of provider().stream(ask("hi"), { signal })) break;
    await expect.poll(() => server.hungUp).toBe(before + 1);
  });

  test("a call that was cancelled before it began asks nobody", async () => {
    const before = server.requests.length;
    const { end } = await runModel(provider(), ask("hi"), { abortAfter: 0 });
    expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    expect(server.requests.length).toBe(before);
  });

  test("cancelling in the middle hangs up on the endpoint", async () => {
    reply = () => slowed(answer({ text: Array(500).fill("word ") }), 5);
    const before = server.hungUp;
    await runModel(provider(), ask("hi"), { abortAfter: 2 });
    await expect.poll(() => server.hungUp).toBe(before + 1);
  });
});

describe("answers", () => {
  test("text comes as it is streamed, with usage and the reason it stopped", async () => {
    const { events } = await answerTo(answer({ text: ["Hel", "lo ", "🚀"] }));
    expect(events).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo " },
      { type: "text", text: "🚀" },
      {
        type: "done",
        text: "Hello 🚀",
        calls: [],
        usage: { input_tokens: 11, output_tokens: 7 },
        stop_reason: "stop",
      },
    ]);
  });

  test("several tool calls are put together from their pieces, in order", async () => {
    const calls = [
      { name: "Read", args: { file_path: "a.txt", limit: 3 } },
      { name: "Bash", args: { command: 'echo "ä 🚀"' } },
    ];
    const end = await answerTo(answer({ text: "Both.", calls }));
    expect(end).toMatchObject({ text: "Both.", calls, stop_reason: "tool_calls" });
  });

  const call = (fields: Record<string, unknown>) => event(delta({ tool_calls: [fields] }));
  const stop = event(delta({}, "tool_calls"));
  const named = (name: string, args: string) => ({ function: { name, arguments: args } });
  const one = { name: "Bash", args: { a: 1 } };
  const two = { name: "Read", args: { b: 2 } };

  test.each([
    ["calls without ids", [
      call({ index: 0, ...named("Bash", '{"a"') }),
      call({ index: 0, function: { arguments: ":1}" } }),
    ], [one]],
    ["calls without index", [
      call(named("Bash", '{"a"')),
      call({ function: { arguments: ":1}" } }),
      call(named("Read", '{"b":2}')),
    ], [one, two]],
    ["calls that all have index 0", [
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
      call({ index: 0, id: "y", ...named("Read", '{"b":2}') }),
    ], [one, two]],
    ["pieces of two calls in turns", [
      call({ index: 0, id: "x", ...named("Bash", '{"a"') }),
      call({ index: 1, id: "y", ...named("Read", "") }),
      call({ index: 0, function: { arguments: ":1}" } }),
      call({ index: 1, function: { arguments: '{"b":2}' } }),
    ], [one, two]],
    ["a call with its name and id in every piece", [
      call({ index: 0, id: "x", ...named("Bash", '{"a"') }),
      call({ index: 0, id: "x", ...named("Bash", ":1}") }),
    ], [one]],
    ["a call that is sent twice", [
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
    ], [one]],
    [
      "a call that is sent twice in pieces",
      ['{"a"', ":1}", '{"a"', ":1}"].map((part) => call({ index: 0, id: "x", ...named("Bash", part) })),
      [one],
    ],
    ["a call whose last piece is sent twice", [
      call({ index: 0, ...named("Bash", '{"a":') }),
      call({ index: 0, function: { arguments: "1}" } }),
      call({ index: 0, function: { arguments: "1}" } }),
    ], [one]],
    ["a call without arguments", [call({ index: 0, id: "x", function: { name: "Bash" } })], [{
      name: "Bash",
      args: {},
    }]],
  ])("%s are understood", async (_, events, calls) => {
    expect((await answerTo(sse([...events, stop]))).calls).toEqual(calls);
  });

  test.each(["no json", '{"a":', "[1]", '"text"', "null", '{"a":1}{"b":2}'])(
    "arguments that are not a JSON object are handed over as text: %s",
    async (args) => {
      expect((await answerTo(answer({ calls: [{ name: "Bash", args }] }))).calls).toEqual([{
        name: "Bash",
        args,
      }]);
    },
  );

  test("arguments named like parts of an object's inside stay plain data", async () => {
    const { calls } = await answerTo(answer({ calls: [{ name: "Bash", args: '{"__proto__":{"x":1}}' }] }));
    expect(Object.getPrototypeOf(calls[0]?.args)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("equal pieces of text are kept: only event ids can show that one is a repetition", async () => {
    expect((await answerTo(answer({ text: ["ha", "ha", "ha"] }))).text).toBe("hahaha");
    expect((await answerTo(doubledWithIds(answer({ text: ["ha", "ha", "!"] })))).text).toBe("haha!");
  });

  test("a repeated finish and usage change nothing", async () => {
    const [, , ...tail] = answer({ text: "x" }).steps;
    const end = await answerTo(sse([event(delta({ content: "x" })), ...tail.slice(0, 2), ...tail]));
    expect(end).toMatchObject({ text: "x", usage: { input_tokens: 11, output_tokens: 7 } });
  });

  test("a missing finish reason is tolerated when [DONE] says that the answer is whole", async () => {
    const calls = [{ name: "Bash", args: { command: "ls" } }];
    expect(await answerTo(answer({ text: "x", finish: null }))).toMatchObject({
      text: "x",
      stop_reason: "stop",
    });
    expect(await answerTo(answer({ calls, finish: null }))).toMatchObject({
      calls,
      stop_reason: "tool_calls",
    });
  });

  test("missing usage counts as zero", async () => {
    expect((await answerTo(answer({ text: "x", usage: null }))).usage).toEqual({
      input_tokens: 0,
      output_tokens: 0,
    });
  });

  test("a refusal of the model is its answer", async () => {
    expect((await answerTo(sse([event(delta({ refusal: "I will not." })), event(delta({}, "stop"))]))).text)
      .toBe(
        "I will not.",
      );
  });

  test("a missing [DONE], a missing last blank line and CRLF line ends are tolerated", async () => {
    const decoder = new TextDecoder();
    const steps = answer({ text: ["a", "b"] }).steps.map((step) =>
      step instanceof Uint8Array ? decoder.decode(step) : ""
    );
    const body = steps.join("");
    const encode = (text: string) => sse([new TextEncoder().encode(text)]);
    expect((await answerTo(answer({ text: "ab", done: false }))).text).toBe("ab");
    expect((await answerTo(encode(body.trimEnd()))).text).toBe("ab");
    expect((await answerTo(encode(steps.slice(0, 4).join("").trimEnd()))).text).toBe("ab");
    expect((await answerTo(encode(body.replaceAll("\n", "\r\n")))).text).toBe("ab");
    expect((await answerTo(encode(`: hello\nretry: 5\n\n${body}`))).text).toBe("ab");
  });

  test("an answer is the same however its bytes are split", async () => {
    const whole = answer({ text: ["ä🚀"], calls: [{ name: "Bash", args: { command: "€" } }] });
    const bytes = whole.steps.flatMap((step) => step instanceof Uint8Array ? [...step] : []);
    const end = await answerTo(sse(bytes.map((byte) => new Uint8Array([byte]))));
    expect(end).toMatchObject({ text: "ä🚀", calls: [{ name: "Bash", args: { command: "€" } }] });
  });
});

test("a whole turn with tools leaves no orphan behind", async () => {
  reply = (request) => {
    const rounds = request.messages.filter((message) => message.role === "tool").length;
    return rounds < 3
      ? answer({ calls: [{ name: "Bash", args: { command: `echo ${rounds}` } }] })
      : answer({ text: "done" });
  };
  const messages: Message[] = [{ role: "user", text: "go" }];
  for (let round = 0; round < 5; round++) {
    const { end } = await runModel(provider(), ask(messages));
    if (end.type !== "done" || end.calls.length === 0) break;
    const calls = end.calls.map((one, index) => ({ ...one, call_id: `c${round}.${index}` }));
    messages.push({ role: "assistant", text: end.text, calls });
    for (const { call_id } of calls) messages.push(resulted(call_id));
  }
  expect(messages.filter((message) => message.role === "tool")).toHaveLength(3);
});
