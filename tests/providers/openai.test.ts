// The openai provider against an endpoint that answers well: the provider contract and the requests it makes.
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { answer, slowed } from "../support/model_plan.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

describe("the openai provider keeps the provider contract", () => {
  beforeAll(() => {
    endpoint.reply((request) =>
      request.messages.at(-1)?.role === "tool"
        ? answer({ text: ["There ", "are ", "two."] })
        : answer({ text: ["Let me ", "look."], calls: [{ name: "Bash", args: { command: "ls" } }] })
    );
  });
  providerContract(() => endpoint.provider(), [
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
    endpoint.reply(() => answer({ text: "ok" }));
    for (const request of [everything, ask("hi", { system: "", tools: [] })]) {
      await runModel(endpoint.provider(), request);
      const sent = new TextDecoder().decode(endpoint.server().requests.at(-1)?.bytes);
      expect(sent).toBe(JSON.stringify(endpoint.provider().encode(request)));
    }
  });

  test("the conversation is put into the endpoint's form", () => {
    expect(endpoint.provider().encode(everything)).toMatchObject({
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
    const body = endpoint.provider().encode(ask("hi", { system: "", tools: [] }));
    expect(Object.keys(body)).toEqual(["model", "messages", "stream", "stream_options"]);
    expect(body.messages).toEqual([{ role: "user", content: "hi" }]);
  });

  test("the key goes into the credentials header and the environment adds nothing", async () => {
    Deno.env.set("OPENAI_ORG_ID", "org-from-environment");
    Deno.env.set("OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
    Deno.env.set("OPENAI_CUSTOM_HEADERS", "x-from-environment: secret");
    try {
      endpoint.reply(() => answer({ text: "ok" }));
      expect((await runModel(endpoint.provider(), ask("hi"))).end.type).toBe("done");
    } finally {
      Deno.env.delete("OPENAI_ORG_ID");
      Deno.env.delete("OPENAI_BASE_URL");
      Deno.env.delete("OPENAI_CUSTOM_HEADERS");
    }
    const headers = endpoint.server().requests.at(-1)?.headers ?? {};
    expect(headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(JSON.stringify(headers)).not.toContain("org-from-environment");
    expect(headers).not.toHaveProperty("x-from-environment");
  });

  test("who stops listening hangs up on the endpoint", async () => {
    endpoint.reply(() => slowed(answer({ text: Array(500).fill("word ") }), 5));
    const before = endpoint.server().hungUp;
    const { signal } = new AbortController();
    for await (const _ of endpoint.provider().stream(ask("hi"), { signal })) break;
    await expect.poll(() => endpoint.server().hungUp, { timeout: 20_000 }).toBe(before + 1);
  });

  test("a call that was cancelled before it began asks nobody", async () => {
    const before = endpoint.server().requests.length;
    const { end } = await runModel(endpoint.provider(), ask("hi"), { abortAfter: 0 });
    expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    expect(endpoint.server().requests.length).toBe(before);
  });

  test("cancelling in the middle hangs up on the endpoint", async () => {
    endpoint.reply(() => slowed(answer({ text: Array(500).fill("word ") }), 5));
    const before = endpoint.server().hungUp;
    await runModel(endpoint.provider(), ask("hi"), { abortAfter: 2 });
    await expect.poll(() => endpoint.server().hungUp, { timeout: 20_000 }).toBe(before + 1);
  });
});

test("a whole turn with tools leaves no orphan behind", async () => {
  endpoint.reply((request) => {
    const rounds = request.messages.filter((message) => message.role === "tool").length;
    return rounds < 3
      ? answer({ calls: [{ name: "Bash", args: { command: `echo ${rounds}` } }] })
      : answer({ text: "done" });
  });
  const messages: Message[] = [{ role: "user", text: "go" }];
  for (let round = 0; round < 5; round++) {
    const { end } = await runModel(endpoint.provider(), ask(messages));
    if (end.type !== "done" || end.calls.length === 0) break;
    const calls = end.calls.map((one, index) => ({ ...one, call_id: `c${round}.${index}` }));
    messages.push({ role: "assistant", text: end.text, calls });
    for (const { call_id } of calls) messages.push(resulted(call_id));
  }
  expect(messages.filter((message) => message.role === "tool")).toHaveLength(3);
});
