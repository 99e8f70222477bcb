// The azure provider against a server that has Azure's paths: deployments, the version in the query, the key in its own header.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Problem } from "../../src/protocol/problem.ts";
import { type AzureOptions, azureProvider } from "../../src/providers/azure.ts";
import { answer, page, type Plan, refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { respond } from "../support/model_server_responses.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

const apiKey = "azure-test-0123456789";
let server: ModelServer;
let reply: (request: WireRequest) => Plan = () => answer({ text: "ok" });
beforeAll(() => {
  server = startModelServer({ reply: (request) => reply(request) });
});
afterEach(() => expect(server.orphans).toEqual([]));
afterAll(() => server.close());

const provider = (over: Partial<AzureOptions> = {}) =>
  azureProvider({
    endpoint: `${new URL(server.url).origin}/`,
    apiKey,
    apiVersion: "2024-10-21",
    model: "my-gpt",
    baseMs: 1,
    maxMs: 2,
    ...over,
  });

describe("the azure provider keeps the provider contract", () => {
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

test("the model names the deployment, the key goes into Azure's header and the environment adds nothing", async () => {
  Deno.env.set("OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
  Deno.env.set("OPENAI_CUSTOM_HEADERS", "x-from-environment: secret");
  Deno.env.set("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1");
  try {
    const request = ask("hi", { model: "my-gpt", max_output_tokens: 5 });
    expect((await runModel(provider(), request)).end.type).toBe("done");
    const last = server.requests.at(-1);
    expect(last?.path).toBe("/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21");
    expect(last?.headers["api-key"]).toBe(apiKey);
    expect(last?.headers).not.toHaveProperty("authorization");
    expect(last?.headers).not.toHaveProperty("x-from-environment");
    expect(last?.body).toMatchObject({ model: "my-gpt", max_completion_tokens: 5 });
    expect(new TextDecoder().decode(last?.bytes)).toBe(JSON.stringify(provider().encode(request)));
  } finally {
    Deno.env.delete("OPENAI_BASE_URL");
    Deno.env.delete("OPENAI_CUSTOM_HEADERS");
    Deno.env.delete("AZURE_OPENAI_ENDPOINT");
  }
});

test("a configured deployment answers for every model, in both languages", async () => {
  await runModel(provider({ deployment: "blue" }), ask("hi", { model: "gpt-5.5" }));
  expect(server.requests.at(-1)?.path).toContain("/openai/deployments/blue/chat/completions");
  expect(server.requests.at(-1)?.body.model).toBe("blue");
  reply = () => respond({ text: "hi" });
  const { end } = await runModel(provider({ deployment: "blue", api: "responses" }), ask("hi"));
  expect(end).toMatchObject({ type: "done", text: "hi" });
  expect(server.requests.at(-1)?.path).toBe("/openai/responses?api-version=2024-10-21");
  expect(server.requests.at(-1)?.body.model).toBe("blue");
});

test("what is known of a model goes by the name that the session uses, not by that of the deployment", () => {
  const seeing = provider({ deployment: "blue", models: { "gpt-x": { vision: true, window: 7 } } });
  expect(seeing.info("gpt-x")).toMatchObject({ vision: true, window: 7 });
  const image = { media_type: "image/png" as const, data: "iVBORw0KGgo=" };
  const body = seeing.encode(ask([{ role: "user", text: "", images: [image] }], { model: "gpt-x" }));
  expect(JSON.stringify(body)).toContain("data:image/png");
});

test("a missing deployment and a wrong key are said with what to look at, and never with the key", async () => {
  const missing = '{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}';
  reply = () => page(404, "application/json", missing);
  const { end } = await runModel(provider({ name: "work" }), ask("hi", { model: "gone" }));
  expect(end).toMatchObject({ type: "failed", error: { code: "bad_request" } });
  expect(JSON.stringify(end)).toContain('check that \\"gone\\" is a deployment');
  reply = () => refuse(401, `Access denied due to invalid key ${apiKey}`);
  const refused = await runModel(provider({ name: "work" }), ask("hi"));
  expect(refused.end).toMatchObject({ error: { code: "auth" } });
  expect(JSON.stringify(refused)).toContain('the provider \\"work\\"');
  expect(JSON.stringify(refused)).not.toContain(apiKey);
});

test("options that cannot be right are refused at once; deployments are not listed", () => {
  for (const over of [{ apiKey: "" }, { endpoint: "example" }]) {
    expect(() => provider(over)).toThrow(Problem);
  }
  expect(provider().models).toBeUndefined();
  expect([provider().kind, provider().name, provider().defaultModel]).toEqual(["azure", "azure", "my-gpt"]);
});
