// A request that does not fit into the model's window, in the words of every server we know: told apart, and not repeated.
import { expect, test } from "vitest";
import { event, page, refuse, sse } from "../support/model_plan.ts";
import { useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();
const coded = (fields: Record<string, unknown>, status = 400) =>
  page(status, "application/json", JSON.stringify({ error: fields }));

test.each([
  ["OpenAI, by code", coded({ message: "Too long.", code: "context_length_exceeded" })],
  [
    "OpenAI, by words",
    refuse(400, "This model's maximum context length is 8192 tokens. However, you used 9000."),
  ],
  [
    "OpenAI, responses",
    refuse(400, "Your input exceeds the context window of this model. Please adjust your input"),
  ],
  ["vLLM", refuse(400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096.")],
  ["vLLM, newer", refuse(400, "Input length (265330) exceeds model's maximum context length (262144).")],
  [
    "llama.cpp",
    coded({
      message: "the request exceeds the available context size",
      type: "exceed_context_size_error",
      code: 400,
    }),
  ],
  ["llama.cpp, with another status", refuse(500, "Context size has been exceeded.")],
  ["Ollama", refuse(400, "the input length exceeds the context length")],
  ["Ollama, newer", refuse(400, "prompt too long; exceeded max context length by 12 tokens")],
  [
    "LM Studio",
    refuse(
      400,
      "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
    ),
  ],
  [
    "LM Studio, in the stream",
    sse([
      event({
        error: "The number of tokens to keep from the initial prompt is greater than the context length",
      }),
    ]),
  ],
  ["a proxy in front", refuse(413, "Request Entity Too Large")],
  ["GLM hosts", refuse(400, "Input length 877338 exceeds the maximum allowed input length of 639968 tokens")],
])("a request that is too long is known as such: %s", async (_, plan) => {
  const { end, asked } = await endpoint.against([plan]);
  expect(end).toMatchObject({ type: "failed", error: { code: "context_overflow" } });
  expect(asked).toBe(1);
});

test.each([
  ["a bad request", refuse(400, "context too long"), "bad_request"],
  ["too many tokens a minute", refuse(429, "Please reduce the length of the messages"), "rate_limited"],
  ["an answer limit that is too high", refuse(400, "max_tokens must be at most 4096"), "bad_request"],
])("%s is none", async (_, plan, code) => {
  expect((await endpoint.against([plan])).end).toMatchObject({ error: { code } });
});
