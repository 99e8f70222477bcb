// The list of models that an endpoint offers: bounded, and a Problem when it cannot be had.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../src/protocol/problem.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { listBytesMax, modelsMax } from "../../src/providers/openai/model_list.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";

const apiKey = "sk-test-0123456789";
let server: ModelServer;
let reply: (request: Request) => Response = () => Response.json({});
beforeAll(() => {
  server = startModelServer({ reply: () => answer(), other: (request) => reply(request) });
});
afterAll(() => server.close());

function list(
  next: (request: Request) => Response,
  { signal = new AbortController().signal, idleTimeoutMs = 20_000 } = {},
): Promise<string[]> {
  reply = next;
  const provider = openaiProvider({ apiKey, baseUrl: server.url, model: "m", idleTimeoutMs });
  return provider.models?.(signal) ?? Promise.resolve([]);
}
const data = (ids: string[]) =>
  Response.json({ object: "list", data: ids.map((id) => ({ id, object: "model" })) });

test("models are listed by name, each once", async () => {
  const asked: string[] = [];
  const names = await list((request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
    return data(["b", "a", "b"]);
  });
  expect(names).toEqual(["a", "b"]);
  expect(asked).toEqual([`GET /v1/models Bearer ${apiKey}`]);
  expect(await list(() => Response.json([{ id: "bare" }]))).toEqual(["bare"]);
});

test("a list is bounded in names", async () => {
  const many = Array.from({ length: modelsMax + 1 }, (_, index) => `m${index}`);
  expect(await list(() => data(many.slice(0, modelsMax)))).toHaveLength(modelsMax);
  expect(await list(() => data(many))).toHaveLength(modelsMax);
});

const padded = (size: number) => {
  const body = JSON.stringify({ data: [{ id: "a" }], pad: "" });
  return body.replace('"pad":""', `"pad":"${"x".repeat(size - body.length)}"`);
};
test("a list is bounded in bytes", async () => {
  expect(await list(() => new Response(padded(listBytesMax)))).toEqual(["a"]);
  await expect(list(() => new Response(padded(listBytesMax + 1)))).rejects.toThrow("longer than");
});

test.each([
  ["a refusal", () => new Response(`bad key ${apiKey}`, { status: 401 }), "provider_auth", "[redacted]"],
  ["an error", () => new Response("oops", { status: 500 }), "provider_failed", "500"],
  ["a page", () => new Response("<html>"), "provider_failed", "not JSON"],
  ["another JSON", () => Response.json({ models: 1 }), "provider_failed", "no list of models"],
  ["silence", () => new Response(new ReadableStream()), "provider_failed", "sent nothing"],
  ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 302), "provider_failed", "redirects"],
])("an endpoint that answers with %s is a problem", async (_, next, code, part) => {
  const problem = await list(next, part === "sent nothing" ? { idleTimeoutMs: 200 } : {}).catch((
    thrown: unknown,
  ) => thrown);
  expect(problem).toBeInstanceOf(Problem);
  if (!(problem instanceof Problem)) return;
  expect(problem.code).toBe(code);
  expect(problem.message).toContain(`Cannot list the models of "${new URL(server.url).host}": `);
  expect(problem.message).toContain(part);
  expect(problem.message).not.toContain(apiKey);
});

test("a list that nobody waits for any more ends", async () => {
  const abort = new AbortController();
  const listing = list(() => new Response(new ReadableStream()), { signal: abort.signal });
  abort.abort();
  await expect(listing).rejects.toThrow("cancelled");
});
