import { describe, expect, test } from "vitest";
import { withEnvironment } from "../../src/config/environment.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { defaultModel } from "../../src/providers/openai.ts";

const key = "sk-test-0123456789";
const two =
  '[providers.work]\nkind = "anthropic"\nkey = "env:WORK_KEY"\n[providers.local]\nkind = "ollama"\n';
const effective = (text: string, env: Record<string, string>) => withEnvironment(parseConfig(text, "f"), env);

function problemOf(text: string, env: Record<string, string>): Problem {
  try {
    effective(text, env);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error("it was accepted");
}

describe("which provider is the default", () => {
  test.each([
    ["nothing is configured", "", {}, "scripted"],
    ["an OpenAI key is there", "", { OPENAI_API_KEY: key }, "openai"],
    ["an address is there", "", { LLM_BASE_URL: "http://127.0.0.1:1/v1" }, "openai"],
    ["an Anthropic key is there", "", { ANTHROPIC_API_KEY: key }, "anthropic"],
    ["both keys are there", "", { ANTHROPIC_API_KEY: key, OPENAI_API_KEY: key }, "openai"],
    [
      "Azure is complete",
      "",
      { AZURE_OPENAI_API_KEY: key, AZURE_OPENAI_ENDPOINT: "https://a.example" },
      "azure",
    ],
    ["Azure is half there", "", { AZURE_OPENAI_API_KEY: key }, "scripted"],
    ["Ollama is there", "", { OLLAMA_HOST: "127.0.0.1" }, "ollama"],
    ["values are empty", "", { OPENAI_API_KEY: " ", LLM_BASE_URL: "", OLLAMA_HOST: "" }, "scripted"],
    ["the file has providers: the first", two, { OPENAI_API_KEY: key }, "work"],
    ["the file chooses", `default_provider = "local"\n${two}`, { OPENAI_API_KEY: key }, "local"],
    ["the file chooses one of the environment", `default_provider = "openai"\n${two}`, {
      OPENAI_API_KEY: key,
    }, "openai"],
    ["the environment chooses over the file", `default_provider = "local"\n${two}`, {
      JAMEY_PROVIDER: "work",
    }, "work"],
    ["scripted is forced", two, { JAMEY_PROVIDER: "scripted", OPENAI_API_KEY: key }, "scripted"],
  ])("%s", (_, text, env, wanted) => {
    expect(effective(text, env).default_provider).toBe(wanted);
  });

  test.each([
    ["an unknown one in the environment", "", { JAMEY_PROVIDER: "gpt" }, 'JAMEY_PROVIDER is "gpt"'],
    ["an unknown one in the file", 'default_provider = "gpt"', {}, 'default_provider is "gpt"'],
    ["one whose key is not set", "", { JAMEY_PROVIDER: "anthropic" }, "ANTHROPIC_API_KEY is not set"],
    ["a name of an object's own", "", { JAMEY_PROVIDER: "constructor" }, 'JAMEY_PROVIDER is "constructor"'],
    ["an unknown fallback", `fallback = ["none"]\n${two}`, {}, '"fallback" names the provider "none"'],
    [
      "an Azure address that is none",
      "",
      { AZURE_OPENAI_API_KEY: key, AZURE_OPENAI_ENDPOINT: "x" },
      "AZURE_OPENAI_ENDPOINT",
    ],
    ["openai without a key", "", { JAMEY_PROVIDER: "openai" }, "OPENAI_API_KEY is not set"],
    ["an address that is none", "", { LLM_BASE_URL: "localhost" }, "LLM_BASE_URL: it is not a URL"],
    ["an address of another protocol", "", { LLM_BASE_URL: "localhost:11434/v1" }, "not http"],
    ["a file", "", { LLM_BASE_URL: "file:///etc/passwd" }, "not http"],
    ["an address with a password", "", { LLM_BASE_URL: `https://me:${key}@h/v1` }, "password"],
    ["an address with a query", "", { LLM_BASE_URL: `https://h/v1?key=${key}` }, "query"],
    ["a model of a name without end", "", { LLM_MODEL: "m".repeat(257), OPENAI_API_KEY: key }, "LLM_MODEL"],
    [
      "an Azure version that is none",
      "",
      {
        AZURE_OPENAI_API_KEY: key,
        AZURE_OPENAI_ENDPOINT: "https://a.example",
        OPENAI_API_VERSION: `?${key}`,
      },
      'the variables of the provider "azure": "api_version" is no API version',
    ],
    ["an Ollama address with a password", "", { OLLAMA_HOST: `http://me:${key}@h` }, "OLLAMA_HOST"],
  ])("%s is refused, with what there is", (_, text, env, part) => {
    const { code, message, hint } = problemOf(text, env);
    expect(code).toBe("bad_config");
    expect(message).toContain(part);
    expect(`${message}${hint}`).not.toContain(key);
  });
});

describe("what the environment's providers are", () => {
  test("each refers to its key and holds none", () => {
    const { providers } = effective("", {
      OPENAI_API_KEY: key,
      ANTHROPIC_API_KEY: key,
      AZURE_OPENAI_API_KEY: key,
      AZURE_OPENAI_ENDPOINT: "https://a.example/",
      AZURE_OPENAI_DEPLOYMENT: "mine",
      OLLAMA_HOST: "0.0.0.0:1234",
    });
    expect(providers).toEqual({
      openai: {
        kind: "openai",
        key: "env:OPENAI_API_KEY",
        base_url: "https://api.openai.com/v1",
        model: defaultModel,
        api: "auto",
      },
      anthropic: { kind: "anthropic", key: "env:ANTHROPIC_API_KEY", model: "claude-sonnet-5-5" },
      azure: {
        kind: "azure",
        key: "env:AZURE_OPENAI_API_KEY",
        endpoint: "https://a.example",
        api_version: "2024-10-21",
        model: "mine",
        api: "chat",
      },
      ollama: { kind: "ollama", base_url: "http://127.0.0.1:1234", model: "llama3.2" },
      scripted: { kind: "scripted" },
    });
    expect(JSON.stringify(providers)).not.toContain(key);
  });

  test.each([
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["box:99", "http://box:99"],
    ["http://box:99/", "http://box:99"],
    ["https://box.example", "https://box.example"],
    ["[::1]:11434", "http://[::1]:11434"],
  ])("OLLAMA_HOST %s is where a client asks %s", (OLLAMA_HOST, base_url) => {
    expect(effective("", { OLLAMA_HOST }).providers["ollama"]).toMatchObject({ base_url });
  });

  test("a provider of the file keeps its name against one of the environment", () => {
    const text =
      '[providers.openai]\nkind = "openai"\nkey = "env:MINE"\nbase_url = "http://127.0.0.1:1/v1"\n';
    expect(effective(text, { OPENAI_API_KEY: key }).providers["openai"]).toMatchObject({ key: "env:MINE" });
  });

  test("LLM_MODEL is the model of the default provider, whichever that is", () => {
    const { providers, model_from_environment } = effective(two, { LLM_MODEL: "m", OPENAI_API_KEY: key });
    expect(model_from_environment).toBe("m");
    expect(providers["work"]).toMatchObject({ model: "m" });
    expect(providers["openai"]).toMatchObject({ model: defaultModel });
    expect(effective("", { LLM_MODEL: "m" }).model_from_environment).toBeUndefined();
  });
});
