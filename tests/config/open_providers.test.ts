// Named providers: which there are, which one is meant, and that a broken one breaks no other.
import { describe, expect, test } from "vitest";
import { withEnvironment } from "../../src/config/environment.ts";
import { resolveKeys } from "../../src/config/keys.ts";
import { openProviders } from "../../src/config/open_providers.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { resolveModel } from "../../src/providers/resolve_model.ts";
import { ask, runModel } from "../providers/contract.ts";
import { answer } from "../support/model_plan.ts";
import { startModelServer } from "../support/model_server.ts";
import { respond } from "../support/model_server_responses.ts";

const key = "canary-0123456789";

async function open(text: string, variables: Record<string, string> = {}) {
  const env = { ...variables, PATH: "" };
  const config = withEnvironment(parseConfig(text, "f"), env);
  return openProviders(config, await resolveKeys(config, { os: "linux", env }));
}

const every = `
default_provider = "work"
fallback = ["local", "scripted"]
[providers.work]
kind = "anthropic"
key = "env:WORK_KEY"
model = "claude-sonnet-5-5"
thinking_budget = 2048
[providers.hosted]
kind = "openai"
key = "env:HOSTED_KEY"
[providers.company]
kind = "azure"
key = "keychain:company"
endpoint = "https://company.example"
model = "deployment"
[providers.local]
kind = "ollama"
model = "org/model"
[providers.again]
kind = "recorded"
file = "/nowhere/events.jsonl"
[providers.offline]
kind = "scripted"
[models."org/model"]
window = 4096
output_max = 512
vision = true
price = { input = 0.5, output = 1 }
`;

describe("named providers", () => {
  test("every kind opens under its own name, with its model and what the configuration says of models", async () => {
    const registry = await open(every, { WORK_KEY: key, HOSTED_KEY: key });
    expect(registry.names()).toEqual(["work", "hosted", "company", "local", "again", "offline", "scripted"]);
    const opened = registry.names().map((name) => registry.get(name));
    expect(opened.map((provider) => `${provider?.name}:${provider?.kind}`)).toEqual([
      "work:anthropic",
      "hosted:openai",
      "company:azure",
      "local:ollama",
      "again:recorded",
      "offline:scripted",
      "scripted:scripted",
    ]);
    expect(registry.default.name).toBe("work");
    expect(registry.fallback).toEqual(["local", "scripted"]);
    expect(registry.get("local")?.defaultModel).toBe("org/model");
    expect(registry.get("local")?.info("org/model")).toMatchObject({
      window: 4096,
      outputMax: 512,
      vision: true,
      price: { input: 0.5, output: 1 },
    });
  });

  test("a name is a provider only when it was configured, and always the same one", async () => {
    const registry = await open(every, { WORK_KEY: key });
    expect(registry.get("work")).toBe(registry.get("work"));
    for (const name of ["nobody", "constructor", "__proto__", ""]) expect(registry.get(name)).toBeUndefined();
  });

  test("one without its key is there, encodes, and fails when asked, naming the reference; the others work", async () => {
    const registry = await open(
      `default_provider = "offline"\n${every.replace(/^default_provider.*$/m, "")}`,
    );
    const work = registry.get("work");
    if (work === undefined) throw new Error("the provider is missing");
    expect(work.encode(ask("hi", { model: "m" }))).toMatchObject({ model: "m" });
    const { end } = await runModel(work, ask("hi"));
    expect(end).toMatchObject({ type: "failed", text: "", error: { code: "auth" } });
    expect(JSON.stringify(end)).toContain("env:WORK_KEY");
    await expect(work.models?.(new AbortController().signal)).rejects.toMatchObject({
      code: "provider_auth",
    });
    expect((await runModel(registry.default, ask("hi"))).end.type).toBe("done");
    expect(registry.problems().map(({ name }) => name)).toEqual(["work", "hosted", "company"]);
  });

  test("a recording that is not there is said when it is asked", async () => {
    const { end } = await runModel((await open(every)).get("again") ?? (await open("")).default, ask("hi"));
    expect(end).toMatchObject({ type: "failed" });
    expect(JSON.stringify(end)).toContain("/nowhere/events.jsonl");
  });

  test("a local endpoint of the environment is asked, with or without a slash at the end of its address", async () => {
    const server = startModelServer({ reply: () => answer({ text: "local" }) });
    for (const LLM_BASE_URL of [server.url, `${server.url}/`]) {
      const registry = await open("", { LLM_BASE_URL });
      expect((await runModel(registry.default, ask("hi"))).end).toMatchObject({ text: "local" });
    }
    await server.close();
  });

  test("a section of kind azure may name its deployment and its language", async () => {
    const server = startModelServer({ reply: () => respond({ text: "hi" }) });
    const text = `[providers.company]\nkind = "azure"\nkey = "env:MINE"\nmodel = "gpt-5.5"\n` +
      `endpoint = "${new URL(server.url).origin}"\ndeployment = "blue"\napi = "responses"\n` +
      `api_version = "2026-01-01"\n`;
    const registry = await open(text, { MINE: key });
    expect((await runModel(registry.default, ask("hi"))).end).toMatchObject({ type: "done", text: "hi" });
    const last = server.requests.at(-1);
    expect(last?.path).toBe("/openai/responses?api-version=2026-01-01");
    expect(last?.body.model).toBe("blue");
    await server.close();
  });

  test("a thinking budget and the time that a local model stays reach those they are meant for", async () => {
    const work = (await open(every, { WORK_KEY: key })).get("work");
    const request = ask("hi", { model: "claude-haiku-4-5", max_output_tokens: 8192 });
    expect(work?.encode(request)["thinking"]).toEqual({ type: "enabled", budget_tokens: 2048 });
    const asked: string[] = [];
    const server = startModelServer({
      reply: () => answer({ text: "local" }),
      other: async (request) => {
        asked.push(await request.text());
        return Response.json({ models: [] });
      },
    });
    const address = new URL(server.url).origin;
    const text = `[providers.local]\nkind = "ollama"\nbase_url = "${address}"\nkeep_alive = "2h"\n`;
    expect((await runModel((await open(text)).default, ask("hi"))).end).toMatchObject({ text: "local" });
    expect(asked.join()).toContain('"keep_alive":"2h"');
    await server.close();
  });

  test("every endpoint gets the key behind its reference, and a refusal that repeats the key does not show it", async () => {
    const seen: string[] = [];
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      const { headers } = request;
      const sent = headers.get("api-key") ?? headers.get("x-api-key") ?? headers.get("authorization") ?? "";
      seen.push(sent.replace(/^Bearer /, ""));
      return Response.json({ error: { message: `bad key ${sent}`, type: "authentication_error" } }, {
        status: 401,
      });
    });
    const address = `http://127.0.0.1:${server.addr.port}`;
    const kinds = [
      `kind = "openai"\nbase_url = "${address}/v1"`,
      `kind = "openai"\nbase_url = "${address}/v1"\napi = "responses"`,
      `kind = "anthropic"\nbase_url = "${address}"`,
      `kind = "azure"\nendpoint = "${address}"\nmodel = "m"`,
      `kind = "ollama"\nbase_url = "${address}"`,
    ];
    for (const kind of kinds) {
      const registry = await open(`[providers.mine]\n${kind}\nkey = "env:MINE"\n`, { MINE: key });
      const { end } = await runModel(registry.default, ask("hi"));
      expect(end).toMatchObject({ type: "failed", error: { code: "auth" } });
      expect(JSON.stringify(end)).not.toContain("canary");
    }
    expect([...new Set(seen)]).toEqual([key]);
    console.log(`K4 providers: ${kinds.length} endpoints repeated the key, 0 failures show it`);
    await server.shutdown();
  });
});

describe("the model that a text means", () => {
  test.each([
    ["gpt-x", "work", "gpt-x"],
    ["local/llama", "local", "llama"],
    ["local/org/model", "local", "org/model"],
    ["org/model", "work", "org/model"],
    ["constructor/model", "work", "constructor/model"],
    ["local", "local", "org/model"],
  ])("%s is asked of %s as %s", async (text, provider, model) => {
    expect(resolveModel(await open(every), text)).toEqual({ provider, model });
  });
});
