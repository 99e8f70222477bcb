// Another way to say the same: an endpoint without the responses API, and one that cannot read thoughts it once gave.
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { openaiEndpoint } from "../../src/providers/openai.ts";
import { endpointProvider } from "../../src/providers/openai/endpoint.ts";
import { answer, page, sse } from "../support/model_plan.ts";
import { respond, responseEvent } from "../support/model_server_responses.ts";
import { ask, runModel } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

describe("an endpoint that may not serve the responses API", () => {
  const either = () =>
    endpointProvider({
      ...openaiEndpoint({ apiKey, baseUrl: endpoint.server().url, model: "local", retries: 0 }),
      api: "responses_or_chat",
    });
  const paths = (from: number) => endpoint.server().requests.slice(from).map((request) => request.path);

  test("is asked by chat for the rest of the process once it has said so", async () => {
    endpoint.reply((request) =>
      "input" in request ? page(404, "text/plain", "404 page not found") : answer({ text: "by chat" })
    );
    const from = endpoint.server().requests.length;
    const one = either();
    for (let n = 0; n < 2; n++) {
      expect((await runModel(one, ask("hi"))).end).toMatchObject({ type: "done", text: "by chat" });
    }
    expect(paths(from)).toEqual(["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]);
  });

  test("is not asked again by chat once it has begun to answer", async () => {
    const late = responseEvent("error", { error: { message: "gone", code: 404 } });
    endpoint.reply(() => sse([...respond({ text: ["Hel"], end: null }).steps, late]));
    const from = endpoint.server().requests.length;
    expect((await runModel(either(), ask("hi"))).end).toMatchObject({ type: "failed", text: "Hel" });
    expect(paths(from)).toEqual(["/v1/responses"]);
  });

  test("is not given up because a model is unknown to it", async () => {
    const unknown = JSON.stringify({
      error: { message: "`x` does not exist", code: "model_not_found" },
    });
    endpoint.reply(() => page(404, "application/json", unknown));
    const from = endpoint.server().requests.length;
    const { end } = await runModel(either(), ask("hi"));
    expect(end).toMatchObject({ type: "failed", error: { code: "bad_request" } });
    expect(paths(from)).toEqual(["/v1/responses"]);
  });

  test.each([
    ["auto", "https://api.openai.com/v1", "responses_or_chat"],
    ["auto", "https://example.com/v1", "chat"],
    ["auto", "https://api.openai.com.example.com/v1", "chat"],
    [undefined, "https://api.openai.com/v1", "responses_or_chat"],
    ["chat", "https://api.openai.com/v1", "chat"],
    ["responses", "http://127.0.0.1:1/v1", "responses"],
  ])("the choice %s at %s means %s", (api, baseUrl, means) => {
    const wanted = api as "auto" | "chat" | "responses" | undefined;
    expect(openaiEndpoint({ apiKey, baseUrl, model: "m", api: wanted }).api).toBe(means);
  });
});

test("thoughts that an endpoint cannot read any more are left out, and the conversation goes on", async () => {
  const body = {
    error: { message: "The encrypted content could not be verified.", code: "invalid_encrypted_content" },
  };
  endpoint.reply((request) =>
    JSON.stringify(request).includes("gAAA")
      ? page(400, "application/json", JSON.stringify(body))
      : respond({ text: "on we go" })
  );
  const reasoning = {
    format: "openai-responses",
    text: "",
    items: [{ type: "reasoning", id: "rs", summary: [], encrypted_content: "gAAA" }],
  };
  const messages: Message[] = [
    { role: "user", text: "hi" },
    { role: "assistant", text: "hello", calls: [], reasoning },
    { role: "user", text: "again" },
  ];
  const { end, retries } = await runModel(endpoint.provider({ api: "responses" }), ask(messages));
  expect([end.type, end.text, retries]).toEqual(["done", "on we go", []]);
  endpoint.reply(() => page(400, "application/json", JSON.stringify(body)));
  expect((await runModel(endpoint.provider({ api: "responses" }), ask(messages))).end).toMatchObject({
    error: { code: "bad_request" },
  });
});
