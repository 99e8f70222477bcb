// The anthropic provider against an endpoint that answers well: the provider contract and the requests it makes.
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { message } from "../support/anthropic_plan.ts";
import { anthropicKey, useAnthropic } from "../support/anthropic_endpoint.ts";
import { slowed } from "../support/model_plan.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

const endpoint = useAnthropic();

describe("the anthropic provider keeps the provider contract", () => {
  beforeAll(() => {
    endpoint.reply((request) =>
      JSON.stringify(request.body).includes("tool_result")
        ? message({ blocks: [{ text: ["There ", "are ", "two."] }] })
        : message({ blocks: [{ text: ["Let me ", "look."] }, { name: "Bash", args: { command: "ls" } }] })
    );
  });
  providerContract(
    () => endpoint.provider(),
    [ask("hello"), ask([{ role: "user", text: "hi" }, called("a"), resulted("a")])],
    { priced: "claude-opus-5-5" },
  );
});

describe("requests", () => {
  const everything = ask([
    { role: "user", text: "list, please: ä € 🚀 \u2028 \ud83d" },
    { role: "assistant", text: "I look.", calls: [{ call_id: "a", name: "Bash", args: { command: "ls" } }] },
    resulted("a", 'line "1"\n\u001b[31mred\u0000'),
    { role: "assistant", text: "", calls: [{ call_id: "c1.2", name: "no such tool!", args: '{"half' }] },
    { role: "tool", call_id: "c1.2", name: "no such tool!", output: "", is_error: true },
    { role: "user", text: "and now?" },
    { role: "assistant", text: "Done.", calls: [] },
    { role: "user", text: "thanks" },
    { role: "user", text: "bye" },
  ]);

  test("the bytes that arrive are exactly the encoded request", async () => {
    endpoint.reply(() => message({ blocks: [{ text: "ok" }] }));
    for (const request of [everything, ask("hi", { system: "", tools: [] })]) {
      await runModel(endpoint.provider(), request);
      const sent = new TextDecoder().decode(endpoint.server().requests.at(-1)?.bytes);
      expect(sent).toBe(JSON.stringify(endpoint.provider().encode(request)));
    }
  });

  test("the conversation is put into the API's form, with marks for the prompt cache", () => {
    const cache_control = { type: "ephemeral" };
    const body = endpoint.provider().encode(everything);
    expect(body).toMatchObject({
      model: "local",
      max_tokens: 16_384,
      stream: true,
      system: [{ type: "text", text: "Be brief.", cache_control }],
    });
    expect(body.messages).toEqual([
      { role: "user", content: [{ type: "text", text: "list, please: ä € 🚀 \u2028 \ufffd" }] },
      {
        role: "assistant",
        content: [
          { type: "text", text: "I look." },
          { type: "tool_use", id: "a", name: "Bash", input: { command: "ls" } },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "a", content: 'line "1"\n\u001b[31mred\u0000' }],
      },
      {
        role: "assistant",
        content: [{
          type: "tool_use",
          id: "c1_2e_2",
          name: "no_such_tool_",
          input: { unparsed_arguments: '{"half' },
        }],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1_2e_2", content: "(no output)", is_error: true },
          { type: "text", text: "and now?", cache_control },
        ],
      },
      { role: "assistant", content: [{ type: "text", text: "Done." }] },
      {
        role: "user",
        content: [{ type: "text", text: "thanks" }, { type: "text", text: "bye", cache_control }],
      },
    ]);
    const tools = Array.isArray(body.tools) ? body.tools : [];
    expect(tools.map((tool) => JSON.stringify(tool).includes("cache_control"))).toEqual([
      ...Array(6).fill(false),
      true,
    ]);
  });

  test("results of calls made together are one message, whatever they hold", () => {
    const image = { media_type: "image/png", data: "AAAA" } as const;
    const source = { type: "base64", ...image };
    const results: Message[] = [
      { role: "tool", call_id: "a", name: "Bash", output: "broken", is_error: true, images: [image] },
      { role: "tool", call_id: "b", name: "Bash", output: "", is_error: false, images: [image] },
    ];
    const calls = ["a", "b"].map((call_id) => ({ call_id, name: "Bash", args: {} }));
    const request = ask([
      { role: "user", text: "go" },
      { role: "assistant", text: "", calls },
      ...results,
    ], { model: "claude-opus-5-5" });
    expect(endpoint.provider().encode(request).messages).toMatchObject([{}, {}, {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "broken", is_error: true },
        { type: "tool_result", tool_use_id: "b", content: [{ type: "image", source }] },
        { type: "image", source },
      ],
    }]);
  });

  const user: Message = { role: "user", text: "hi" };
  const silent: Message = { role: "assistant", text: " \n", calls: [] };
  test.each<[string, Message[]]>([
    ["nothing at all", []],
    ["only blank text", [{ role: "user", text: " " }]],
    ["an assistant that begins", [{ role: "assistant", text: "Welcome.", calls: [] }, user]],
    ["a call that begins", [called("a"), resulted("a", "")]],
    ["an assistant that ends", [user, { role: "assistant", text: "Done. ", calls: [] }]],
    ["an assistant that said nothing", [user, silent, user, silent]],
    ["ids that the API does not take", [user, called("main/1:2.a b"), resulted("main/1:2.a b")]],
  ])("a conversation with %s is made one that the API takes", async (_, messages) => {
    endpoint.reply(() => message({ blocks: [{ text: "ok" }] }));
    for (const over of [{}, { system: " ", tools: [] }]) {
      const { end } = await runModel(endpoint.provider(), ask(messages, over));
      expect(end).toMatchObject({ type: "done", text: "ok" });
    }
  });

  test("the length of an answer is never asked beyond what the model gives", () => {
    const tokens = (over: object) => endpoint.provider().encode(ask("hi", over)).max_tokens;
    expect(tokens({ model: "claude-opus-5-5" })).toBe(128_000);
    expect(tokens({ max_output_tokens: 1 })).toBe(1);
    expect(tokens({ max_output_tokens: 1e9 })).toBe(16_384);
  });

  test("the key goes into the credentials header and the environment adds nothing", async () => {
    const names = ["CUSTOM_HEADERS", "AUTH_TOKEN", "BASE_URL", "LOG", "API_KEY"].map((name) =>
      `ANTHROPIC_${name}`
    );
    for (const name of names) Deno.env.set(name, "x-from: environment");
    try {
      endpoint.reply(() => message({ blocks: [{ text: "ok" }] }));
      expect((await runModel(endpoint.provider(), ask("hi"))).end.type).toBe("done");
    } finally {
      for (const name of names) Deno.env.delete(name);
    }
    const headers = endpoint.server().requests.at(-1)?.headers ?? {};
    expect(headers.authorization).toBe(`Bearer ${anthropicKey}`);
    expect(headers["anthropic-version"]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(JSON.stringify(headers)).not.toContain("environment");
  });

  test("an endpoint that wants no key is asked without one of this machine", async () => {
    endpoint.reply(() => message({ blocks: [{ text: "ok" }] }));
    const { end } = await runModel(endpoint.provider({ apiKey: "" }), ask("hi"));
    expect(end).toMatchObject({ type: "done", text: "ok" });
    expect(endpoint.server().requests.at(-1)?.headers.authorization).toBe("Bearer none");
  });

  test("the address may be given with its version path", async () => {
    endpoint.reply(() => message({ blocks: [{ text: "ok" }] }));
    for (const path of ["/", "/v1", "/v1/"]) {
      const provider = endpoint.provider({ baseUrl: `${endpoint.server().url}${path}` });
      expect((await runModel(provider, ask("hi"))).end).toMatchObject({ type: "done" });
    }
  });

  test("a call that was cancelled before it began asks nobody", async () => {
    const before = endpoint.server().requests.length;
    const { end } = await runModel(endpoint.provider(), ask("hi"), { abortAfter: 0 });
    expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    expect(endpoint.server().requests.length).toBe(before);
  });

  test("who cancels or stops listening hangs up on the endpoint", async () => {
    endpoint.reply(() => slowed(message({ blocks: [{ text: Array(500).fill("word ") }] }), 5));
    const before = endpoint.server().hungUp;
    await runModel(endpoint.provider(), ask("hi"), { abortAfter: 2 });
    await expect.poll(() => endpoint.server().hungUp, { timeout: 20_000 }).toBe(before + 1);
    const { signal } = new AbortController();
    for await (const _ of endpoint.provider().stream(ask("hi"), { signal })) break;
    await expect.poll(() => endpoint.server().hungUp, { timeout: 20_000 }).toBe(before + 2);
  });
});
