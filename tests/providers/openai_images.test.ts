// Images, limits, thoughts, cached tokens and prices in the language of chat completions.
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { answer, chunk, delta, event, sse } from "../support/model_plan.ts";
import { ask, runModel } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();
const png = { media_type: "image/png" as const, data: "iVBORw0KGgo=" };
const jpeg = { media_type: "image/jpeg" as const, data: "/9j/4AAQ" };
const part = (image: { media_type: string; data: string }) => ({
  type: "image_url",
  image_url: { url: `data:${image.media_type};base64,${image.data}` },
});
const seeing = { models: { local: { vision: true } } };

const two: Message = {
  role: "assistant",
  text: "",
  calls: [{ call_id: "c1-1", name: "Read", args: {} }, { call_id: "c1-2", name: "Screen shot", args: {} }],
};
const conversation: Message[] = [
  { role: "user", text: "what is this?", images: [png, jpeg] },
  two,
  { role: "tool", call_id: "c1-1", name: "Read", output: "a picture", is_error: false, images: [png] },
  { role: "tool", call_id: "c1-2", name: "Screen shot", output: "", is_error: false, images: [jpeg] },
  { role: "assistant", text: "Two.", calls: [] },
  { role: "user", text: "", images: [png] },
];

describe("images", () => {
  test("of a user stand in the message; those of results follow the last result and name their call", () => {
    expect(endpoint.provider(seeing).encode(ask(conversation)).messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "what is this?" }, part(png), part(jpeg)] },
      expect.objectContaining({ role: "assistant" }),
      { role: "tool", tool_call_id: "c1-1", content: "a picture" },
      { role: "tool", tool_call_id: "c1-2", content: "" },
      {
        role: "user",
        content: [
          { type: "text", text: 'Shown by the result of Read, call "c1-1":' },
          part(png),
          { type: "text", text: 'Shown by the result of Screen_shot, call "c1-2":' },
          part(jpeg),
        ],
      },
      { role: "assistant", content: "Two." },
      { role: "user", content: [part(png)] },
    ]);
  });

  test("of the last results of a conversation are sent too, and no endpoint finds an orphan", async () => {
    endpoint.reply(() => answer({ text: "ok" }));
    const { end } = await runModel(endpoint.provider(seeing), ask(conversation.slice(0, 4)));
    expect(end.type).toBe("done");
    const sent = endpoint.server().requests.at(-1)?.body.messages.at(-1);
    expect(JSON.stringify(sent)).toContain(jpeg.data);
  });

  test("are replaced by a note each for a model that cannot see them", () => {
    const note = '[image left out: the model "local" cannot see images]';
    const messages = endpoint.provider().encode(ask(conversation)).messages;
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: `what is this?\n${note}\n${note}` },
      expect.objectContaining({ role: "assistant" }),
      { role: "tool", tool_call_id: "c1-1", content: `a picture\n${note}` },
      { role: "tool", tool_call_id: "c1-2", content: note },
      { role: "assistant", content: "Two." },
      { role: "user", content: note },
    ]);
  });
});

describe("the longest answer", () => {
  const limited = ask("hi", { max_output_tokens: 77 });

  test("is asked for by the name that compatible servers know, and by the one that OpenAI wants there", () => {
    expect(endpoint.provider().encode(limited)).toMatchObject({ max_tokens: 77 });
    const hosted = openaiProvider({ apiKey, baseUrl: "https://api.openai.com/v1", model: "m", api: "chat" });
    expect(hosted.encode(limited)).toMatchObject({ max_completion_tokens: 77 });
    expect(hosted.encode(limited)).not.toHaveProperty("max_tokens");
  });

  test("is left to the endpoint when nobody said it", () => {
    expect(JSON.stringify(endpoint.provider().encode(ask("hi")))).not.toContain("max_");
  });
});

describe("what an answer tells besides its text", () => {
  test.each(["reasoning_content", "reasoning"])(
    "what the model thought is kept, not said: %s",
    async (field) => {
      const steps = [
        event(delta({ [field]: "Let me " })),
        event(delta({ [field]: "think." })),
        event(delta({ content: "Yes." })),
        event(delta({}, "stop")),
      ];
      const end = await endpoint.answerTo(sse(steps));
      expect(end).toMatchObject({
        text: "Yes.",
        reasoning: { format: "openai-chat", text: "Let me think.", items: [] },
      });
      const back: Message = { role: "assistant", text: end.text, calls: [], reasoning: end.reasoning };
      expect(JSON.stringify(endpoint.provider().encode(ask([back])))).not.toContain("think");
    },
  );

  test("cached tokens are counted, and the cost is that of the model's price", async () => {
    const usage = {
      prompt_tokens: 1_000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 400 },
    };
    const plan = sse([
      event(delta({ content: "x" }, "stop")),
      event(chunk({ choices: [], usage })),
    ]);
    const price = { input: 2, output: 8, cache_read: 1 };
    const { end } = await endpoint.against([plan], { models: { local: { price } } });
    expect(end).toMatchObject({
      usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 400, cost_usd: 0.0024 },
    });
    const free = await endpoint.against([plan]);
    expect(free.end.type === "done" && "cost_usd" in free.end.usage).toBe(false);
  });
});
