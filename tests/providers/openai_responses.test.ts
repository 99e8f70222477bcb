// The openai provider in the language of the responses API: the provider contract, its requests, and what comes back.
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { callsMax } from "../../src/providers/openai/assembly.ts";
import { bytes, refuse, sse } from "../support/model_plan.ts";
import { respond, responseEvent } from "../support/model_server_responses.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();
const provider = (over = {}) => endpoint.provider({ api: "responses", ...over });
const png = { media_type: "image/png" as const, data: "iVBORw0KGgo=" };
const seeing = { models: { local: { vision: true } } };

describe("the responses API keeps the provider contract", () => {
  beforeAll(() => {
    endpoint.reply((request) =>
      request.messages.at(-1)?.role === "tool"
        ? respond({ text: ["There ", "are ", "two."] })
        : respond({ text: ["Let me ", "look."], calls: [{ name: "Bash", args: { command: "ls" } }] })
    );
  });
  providerContract(() => provider(), [
    ask("hello"),
    ask([{ role: "user", text: "hi" }, called("a"), resulted("a")]),
  ]);
});

describe("requests to the responses API", () => {
  const thought = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "gAAA" };
  const conversation: Message[] = [
    { role: "user", text: "look \ud83d", images: [png] },
    {
      role: "assistant",
      text: "I look.",
      calls: [{ call_id: "c1-1", name: "no such tool!", args: '{"half' }],
      reasoning: {
        format: "openai-responses",
        text: "hm",
        items: [thought, { type: "reasoning", id: "rs_2", summary: [] }],
      },
    },
    { ...resulted("c1-1", "seen", "Read"), role: "tool", images: [png] } as Message,
    {
      role: "assistant",
      text: "Done.",
      calls: [],
      reasoning: { format: "anthropic", text: "no", items: [{}] },
    },
    { role: "user", text: "thanks" },
  ];
  const url = "data:image/png;base64,iVBORw0KGgo=";

  test("the conversation is put into items, thoughts before what they led to, and nothing is stored", () => {
    const body = provider(seeing).encode(ask(conversation, { max_output_tokens: 99 }));
    expect(body).toMatchObject({
      store: false,
      stream: true,
      max_output_tokens: 99,
      instructions: "Be brief.",
    });
    expect(body.input).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "look \ufffd" },
          { type: "input_image", image_url: url, detail: "auto" },
        ],
      },
      thought,
      { type: "message", role: "assistant", content: "I look." },
      {
        type: "function_call",
        call_id: "c1-1",
        name: "no_such_tool_",
        arguments: '{"unparsed_arguments":"{\\"half"}',
      },
      {
        type: "function_call_output",
        call_id: "c1-1",
        output: [{ type: "input_text", text: "seen" }, {
          type: "input_image",
          image_url: url,
          detail: "auto",
        }],
      },
      { type: "message", role: "assistant", content: "Done." },
      { type: "message", role: "user", content: "thanks" },
    ]);
  });

  test("a model that cannot see is told what was left out", () => {
    const sent = JSON.stringify(provider().encode(ask(conversation)));
    expect(sent).not.toContain(png.data);
    expect(sent.split('[image left out: the model \\"local\\" cannot see images]')).toHaveLength(3);
  });

  test.each([
    ["gpt-5.5", true],
    ["o3-mini", true],
    ["gpt-5-chat-latest", false],
    ["gpt-4o", false],
    ["my-model", false],
  ])("encrypted thoughts are asked for where the model is known to think: %s", (model, asked) => {
    const { include } = provider().encode(ask("hi", { model }));
    expect(include).toEqual(asked ? ["reasoning.encrypted_content"] : undefined);
  });

  test("a model that never thinks gets no thoughts of another model", () => {
    expect(JSON.stringify(provider().encode(ask(conversation, { model: "gpt-4o" })))).not.toContain("gAAA");
  });

  test("the bytes that arrive are exactly the encoded request", async () => {
    endpoint.reply(() => respond({ text: "ok" }));
    await runModel(provider(seeing), ask(conversation));
    const last = endpoint.server().requests.at(-1);
    expect(last?.path).toBe("/v1/responses");
    expect(new TextDecoder().decode(last?.bytes)).toBe(
      JSON.stringify(provider(seeing).encode(ask(conversation))),
    );
    expect(last?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });
});

async function answerTo(plan: Parameters<typeof endpoint.against>[0][0], over = {}) {
  const { end, events } = await endpoint.against([plan], { api: "responses", ...over });
  if (end.type !== "done") throw new Error(`failed: ${end.error.code}: ${end.error.message}`);
  return { ...end, events };
}

describe("answers of the responses API", () => {
  const calls = [{ name: "Read", args: { file_path: "a" } }, {
    name: "Bash",
    args: { command: 'echo "ä 🚀"' },
  }];

  test("text, calls, thoughts, cached tokens and the price come through", async () => {
    const plan = respond({
      thoughts: [{ summary: "First I look.", encrypted: "gAAA" }],
      text: ["Hel", "lo 🚀"],
      calls,
      usage: { input_tokens: 1_000, output_tokens: 100, cached_tokens: 400 },
    });
    const price = { input: 2, output: 8, cache_read: 1 };
    const end = await answerTo(plan, { models: { local: { price } } });
    expect(end).toMatchObject({
      text: "Hello 🚀",
      calls,
      stop_reason: "tool_calls",
      reasoning: {
        format: "openai-responses",
        text: "First I look.",
        items: [{ type: "reasoning", id: "rs_0", encrypted_content: "gAAA" }],
      },
      usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 400, cost_usd: 0.0024 },
    });
    expect(end.reasoning?.items[0]).not.toHaveProperty("status");
    expect(end.events.map((event) => event.type)).toEqual(["text", "text", "done"]);
  });

  test("what is kept of a thought is given back word for word", async () => {
    const { reasoning, text } = await answerTo(respond({ thoughts: [{ encrypted: "gAAA" }], text: "x" }));
    if (reasoning === undefined) throw new Error("no thought was kept");
    const body = provider().encode(ask([{ role: "assistant", text, calls: [], reasoning }]));
    expect(body.input).toEqual([...reasoning.items, { type: "message", role: "assistant", content: "x" }]);
  });

  test.each([
    ["whose pieces were never sent", ["added", "delta", "arguments.done", "text.done"]],
    ["whose items are only in the last event", ["added", "delta", "done"]],
  ])("an answer %s is understood", async (_, left) => {
    const plan = respond({ text: ["a", "b"], calls });
    const decoder = new TextDecoder();
    const steps = plan.steps.filter((step) => {
      const name = step instanceof Uint8Array ? /^event: (.*)/.exec(decoder.decode(step))?.[1] ?? "" : "";
      return !left.some((end) => name.endsWith(`.${end}`) || name.endsWith(`_${end}`));
    });
    expect(await answerTo({ ...plan, steps })).toMatchObject({ text: "ab", calls });
  });

  test("an answer whose items all have the number 0, and another numbering at the end, is not doubled", async () => {
    const plan = respond({ text: ["a"], calls: calls.slice(0, 1) });
    const decoder = new TextDecoder();
    const steps = plan.steps.map((step) =>
      step instanceof Uint8Array ? bytes(decoder.decode(step).replaceAll(/"output_index":\d+,?/g, "")) : step
    );
    expect(await answerTo({ ...plan, steps })).toMatchObject({ text: "a", calls: calls.slice(0, 1) });
  });

  test("a refusal of the model is its answer, and two messages are two paragraphs", async () => {
    const delta = (output_index: number, type: string, text: string) =>
      responseEvent(`response.${type}.delta`, { output_index, delta: text });
    const end = responseEvent("response.completed", { response: { output: [] } });
    const plan = sse([delta(0, "output_text", "I think."), delta(1, "refusal", "I will not."), end]);
    expect((await answerTo(plan)).text).toBe("I think.\n\nI will not.");
  });

  test("an answer cut by the length limit says so, and a cut call of it never gets through", async () => {
    expect(await answerTo(respond({ text: "half", end: "incomplete" }))).toMatchObject({
      text: "half",
      stop_reason: "length",
    });
    const cut = respond({ calls: [{ name: "Bash", args: '{"command":"rm -r' }], end: "incomplete" });
    const { end } = await endpoint.against([cut], { api: "responses" });
    expect(end).toMatchObject({ type: "failed", error: { code: "bad_answer" } });
  });

  test("an answer ends at its last event, also when the connection stays open", async () => {
    const plan = respond({ text: "done" });
    const open = { ...plan, steps: [...plan.steps, "silence" as const] };
    const patient = { idleTimeoutMs: 60_000, usageTimeoutMs: 60_000 };
    expect((await answerTo(open, patient)).text).toBe("done");
  });

  test("an answer has so many calls and no more, and none when it ends inside one", async () => {
    const many = (count: number) => respond({ calls: Array(count).fill({ name: "Bash", args: {} }) });
    expect((await answerTo(many(callsMax))).calls).toHaveLength(callsMax);
    const inside = respond({ calls: [{ name: "Bash", args: { command: "rm -r build" } }], end: null });
    for (const plan of [many(callsMax + 1), inside]) {
      const { end, asked } = await endpoint.against([plan], { api: "responses" });
      expect(end).toMatchObject({ type: "failed", error: { code: "bad_answer" } });
      expect(asked).toBe(1);
    }
  });

  test("events of later versions are skipped", async () => {
    const plan = respond({ text: "x" });
    const later = responseEvent("response.telepathy.delta", { delta: { a: 1 } });
    expect((await answerTo({ ...plan, steps: [later, ...plan.steps] })).text).toBe("x");
  });
});

test("a wrong key is one failure that says where to look", async () => {
  const { end } = await endpoint.against([refuse(401, "bad key")], { api: "responses", name: "work" });
  expect(end).toMatchObject({ error: { code: "auth" } });
  expect(JSON.stringify(end)).toContain('the provider \\"work\\" in the configuration');
});
