import { expect, test } from "vitest";
import { Problem } from "../../src/protocol/problem.ts";
import { defaultBaseUrl, defaultModels } from "../../src/providers/choice.ts";
import { providerFromEnv } from "../../src/providers/list.ts";
import { answer } from "../support/model_plan.ts";
import { startModelServer } from "../support/model_server.ts";
import { ask, runModel } from "./contract.ts";

const key = "sk-test-0123456789";

test.each([
  ["nothing is configured", {}, "scripted", "demo"],
  ["the values are empty", { OPENAI_API_KEY: " ", LLM_BASE_URL: "" }, "scripted", "demo"],
  ["a key is there", { OPENAI_API_KEY: key }, "openai", defaultModels.openai],
  ["a local endpoint needs no key", { LLM_BASE_URL: "http://127.0.0.1:1/v1", LLM_MODEL: "m" }, "openai", "m"],
  ["scripted is forced", { OPENAI_API_KEY: key, JAMEY_PROVIDER: "scripted" }, "scripted", "demo"],
  ["openai is named", { OPENAI_API_KEY: key, JAMEY_PROVIDER: "openai" }, "openai", defaultModels.openai],
])("the provider is chosen by the environment: %s", (_, env, name, model) => {
  const provider = providerFromEnv(env);
  expect([provider.name, provider.defaultModel, provider.offline]).toEqual([
    name,
    model,
    name === "scripted",
  ]);
});

test.each([
  ["an unknown provider", { JAMEY_PROVIDER: "gpt" }, 'JAMEY_PROVIDER is "gpt"'],
  ["openai without a key", { JAMEY_PROVIDER: "openai" }, "OPENAI_API_KEY is not set"],
  ["a key with a line break", { OPENAI_API_KEY: "sk-a\nsk-b" }, "line breaks"],
  ["an address that is none", { LLM_BASE_URL: "localhost" }, "not a URL"],
  ["an address of another protocol", { LLM_BASE_URL: "localhost:11434/v1" }, "not http"],
  ["a file", { LLM_BASE_URL: "file:///etc/passwd" }, "not http"],
  ["an address with a password", { LLM_BASE_URL: "https://me:secret-word@example.com/v1" }, "password"],
  ["an address with a query", { LLM_BASE_URL: "https://example.com/v1?key=1" }, "query"],
])("a bad value is refused and named: %s", (_, env, part) => {
  const problem = (() => {
    try {
      providerFromEnv(env);
    } catch (error) {
      return error;
    }
  })();
  expect(problem).toBeInstanceOf(Problem);
  if (!(problem instanceof Problem)) return;
  expect(problem.code).toBe("bad_config");
  expect(problem.message).toContain(part);
  expect(`${problem.message}${problem.hint}`).not.toMatch(/secret-word|sk-a/);
});

test("a hosted endpoint is the default", () => {
  expect(new URL(defaultBaseUrl).protocol).toBe("https:");
});

test("a configured local endpoint is asked, with or without a slash at the end of its address", async () => {
  const server = startModelServer({ reply: () => answer({ text: "local" }) });
  for (const LLM_BASE_URL of [server.url, `${server.url}/`]) {
    expect((await runModel(providerFromEnv({ LLM_BASE_URL }), ask("hi"))).end).toMatchObject({
      text: "local",
    });
  }
  await server.close();
});
