// The ollama provider against a server that has Ollama's paths, also the native ones, and against none.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cautiousWindow } from "../../src/providers/ollama/kept_models.ts";
import { type OllamaOptions, ollamaProvider } from "../../src/providers/ollama.ts";
import { unknownModel } from "../../src/providers/models.ts";
import { answer, type Plan, refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

let server: ModelServer;
const hi: Plan = answer({ text: "hi" });
let reply: (request: WireRequest) => Plan = () => hi;
let native: (path: string) => Response = () => new Response("", { status: 404 });
let asked: string[] = [];
beforeAll(() => {
  server = startModelServer({
    reply: (request) => {
      asked.push("chat");
      return reply(request);
    },
    other: async (request) => {
      const path = new URL(request.url).pathname;
      const body = await request.text();
      asked.push(`${path}${body === "" ? "" : ` ${body}`}`);
      return native(path);
    },
  });
});
beforeEach(() => {
  asked = [];
});
afterEach(() => expect(server.orphans).toEqual([]));
afterAll(() => server.close());

const provider = (over: Partial<OllamaOptions> = {}) =>
  ollamaProvider({
    baseUrl: new URL(server.url).origin,
    model: "local",
    baseMs: 1,
    maxMs: 2,
    retries: 1,
    ...over,
  });

describe("the ollama provider keeps the provider contract", () => {
  beforeAll(() => {
    reply = (request) =>
      request.messages.at(-1)?.role === "tool"
        ? answer({ text: ["There ", "are ", "two."] })
        : answer({ text: ["Let me ", "look."], calls: [{ name: "Bash", args: { command: "ls" } }] });
  });
  afterAll(() => {
    reply = () => hi;
  });
  providerContract(() => provider(), [
    ask("hello"),
    ask([{ role: "user", text: "hi" }, called("a"), resulted("a")]),
  ]);
});

const running = (context_length: number) =>
  Response.json({ models: [{ name: "local:latest", context_length }] });
const shown = (fields: unknown) => (path: string) =>
  path === "/api/show" ? Response.json(fields) : Response.json({ models: [] });

test("a model is told once how long to stay, behind its first answer, and nothing is generated for it", async () => {
  native = () => Response.json({ models: [] });
  const one = provider({ keepAlive: "-1" });
  await runModel(one, ask("hi"));
  await runModel(one, ask("again"));
  expect(asked.toSorted()).toEqual([
    '/api/generate {"model":"local","keep_alive":-1,"stream":false}',
    "/api/ps",
    "/api/ps",
    '/api/show {"model":"local"}',
    "chat",
    "chat",
  ]);
  expect(asked.findIndex((line) => line.startsWith("/api/generate"))).toBeGreaterThan(asked.indexOf("chat"));
});

test("a time with a unit is passed on as it is", async () => {
  native = () => Response.json({});
  await runModel(provider({ keepAlive: "1h" }), ask("hi"));
  expect(asked.join()).toContain('"keep_alive":"1h"');
});

describe("the window of a model", () => {
  test.each([
    ["as it was loaded", () => running(8_192), 8_192],
    ["as its maker set it", shown({ parameters: 'stop "x"\nnum_ctx   16384\n', model_info: {} }), 16_384],
    ["as it could be", shown({ model_info: { "llama.context_length": 4_096 } }), 4_096],
    [
      "as it could be, but no more than is likely",
      shown({ model_info: { "llama.context_length": 1_048_576 } }),
      cautiousWindow,
    ],
    ["when nobody knows", shown({}), unknownModel.window],
    ["when the answer is no JSON", () => new Response("<html>"), unknownModel.window],
    ["when the server has no such paths", () => new Response("", { status: 404 }), unknownModel.window],
  ])("is known %s", async (_, answers: (path: string) => Response, window) => {
    native = answers;
    const one = provider();
    expect(one.info("local").window).toBe(unknownModel.window);
    expect((await runModel(one, ask("hi"))).end.type).toBe("done");
    expect(one.info("local").window).toBe(window);
    expect(one.info("local").outputMax).toBeLessThanOrEqual(window / 4);
    const configured = provider({ models: { local: { window: 5 } } });
    await runModel(configured, ask("hi"));
    expect(configured.info("local").window).toBe(5);
  });

  test("is corrected once the model is loaded", async () => {
    let calls = 0;
    native = (path) => path === "/api/ps" && calls++ > 0 ? running(4_096) : shown({})(path);
    const one = provider();
    await runModel(one, ask("hi"));
    expect(one.info("local").window).toBe(4_096);
  });

  test("does not change how a request is encoded", async () => {
    native = () => running(8_192);
    const one = provider();
    const before = JSON.stringify(one.encode(ask("hi", { max_output_tokens: 9 })));
    await runModel(one, ask("hi"));
    expect(JSON.stringify(one.encode(ask("hi", { max_output_tokens: 9 })))).toBe(before);
    expect(before).toContain('"max_tokens":9');
  });
});

test("native paths that never answer hold nothing up for long", async () => {
  native = () => new Response(new ReadableStream());
  const { end } = await runModel(provider({ nativeTimeoutMs: 30 }), ask("hi"));
  expect(end).toMatchObject({ type: "done", text: "hi" });
});

test("a call that is cancelled while a native path is silent ends as cancelled", async () => {
  native = () => new Response(new ReadableStream());
  const events = [];
  const signal = AbortSignal.timeout(30);
  for await (const one of provider({ nativeTimeoutMs: 60_000 }).stream(ask("hi"), { signal })) {
    events.push(one);
  }
  expect(events).toMatchObject([{ type: "failed", error: { code: "cancelled" } }]);
});

test("a missing model is said with how to get it", async () => {
  native = () => new Response("", { status: 404 });
  reply = () => refuse(404, 'model "mistral" not found, try pulling it first');
  const { end } = await runModel(provider(), ask("hi", { model: "mistral" }));
  reply = () => hi;
  expect(end).toMatchObject({ type: "failed", error: { code: "bad_request" } });
  expect(end.type === "failed" && end.error.message).toMatch(/; get it with: ollama pull mistral$/);
});

test("a server that does not run is said with how to start it, for answers and for the list of models", async () => {
  const gone = startModelServer({ reply: () => hi });
  await gone.close();
  const one = provider({ baseUrl: new URL(gone.url).origin });
  const { end, retries } = await runModel(one, ask("hi"));
  expect(end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
  expect(end.type === "failed" && end.error.message).toMatch(/; start it with: ollama serve$/);
  expect(retries).toHaveLength(1);
  await expect(one.models?.(new AbortController().signal)).rejects.toThrow("start it with: ollama serve");
});

test("the models are those that the server has; the address may be given with or without its version", async () => {
  native = (path) =>
    path === "/v1/models" ? Response.json({ data: [{ id: "llama3.2:latest" }] }) : new Response("");
  for (const baseUrl of [new URL(server.url).origin, server.url, `${server.url}/`]) {
    const one = provider({ baseUrl });
    expect(await one.models?.(new AbortController().signal)).toEqual(["llama3.2:latest"]);
  }
  expect([provider().kind, provider().name, provider().offline]).toEqual(["ollama", "ollama", false]);
});
