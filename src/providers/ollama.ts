// The provider for Ollama: asked by its OpenAI-compatible endpoint, which knows neither how long a model stays loaded nor how
// large its window is; both go by Ollama's own API, in short calls that may fail.
import { z } from "zod";
import type { Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { openClient } from "./openai.ts";
import { type CallOptions, callSettings } from "./openai/call_options.ts";
import { endpointProvider } from "./openai/endpoint.ts";
import type { Advice } from "./wire/failure.ts";
import { keptModels } from "./ollama/kept_models.ts";
import { secretReference } from "./reference.ts";
import { addressFrom, endpoint, modelName } from "./settings.ts";

export interface OllamaOptions extends CallOptions {
  /** The address of the server, with or without `/v1`; default `http://127.0.0.1:11434`. */
  baseUrl?: string;
  /** How long a model stays loaded after its last use: "30m" (default), seconds as a number, or -1 for ever. */
  keepAlive?: string | number;
  /** For a server behind a proxy that wants one. */
  apiKey?: string;
  /** The longest wait for one of the short calls; default 2,000. */
  nativeTimeoutMs?: number;
}

const defaultPort = 11_434;
const defaultAddress = `http://127.0.0.1:${defaultPort}`;
const defaultKeepAlive = "30m";
const defaultNativeTimeoutMs = 2_000;
/** What is sent as a key where none is wanted: the SDK insists on one. */
const noKey = "ollama";

/** Makes the provider; the environment is not read. Which models can see must be configured: the endpoint is not asked. */
export function ollamaProvider(options: OllamaOptions): Provider {
  const address = (options.baseUrl ?? defaultAddress).replace(/\/+$/, "").replace(/\/v1$/, "");
  const settings = callSettings(options, "ollama");
  const apiKey = options.apiKey ?? noKey;
  const baseUrl = `${address}/v1`;
  const kept = keptModels({
    address,
    apiKey,
    keepAlive: keepAliveOf(options.keepAlive ?? defaultKeepAlive),
    timeoutMs: options.nativeTimeoutMs ?? defaultNativeTimeoutMs,
  });
  return endpointProvider({
    ...settings,
    kind: "ollama",
    apiKey,
    baseUrl,
    api: "chat",
    outputLimit: "max_tokens",
    advice: (model) => ollamaAdvice(settings.name, model),
    listsModels: true,
    open: () => openClient({ apiKey, baseUrl }),
    window: kept.window,
    before: kept.before,
    after: kept.after,
  });
}

/** A number without a unit is seconds, which Ollama takes as a number only. */
function keepAliveOf(keepAlive: string | number): string | number {
  return typeof keepAlive === "string" && /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive;
}

function ollamaAdvice(name: string, model: string): Advice {
  return {
    auth: `check the key of the provider "${name}"`,
    redirect: `set the final address of the provider "${name}"`,
    unreachable: "start it with: ollama serve",
    missing: `get it with: ollama pull ${model}`,
  };
}

export const ollamaKind = defineProviderKind({
  kind: "ollama",
  settings: z.strictObject({
    kind: z.literal("ollama"),
    /** For a server behind a proxy that wants one. */
    key: secretReference.optional(),
    base_url: endpoint.optional(),
    model: modelName.default("llama3.2"),
    /** How long the model stays loaded: "30m", "-1" for ever. */
    keep_alive: z.string().regex(/^-?\d+[smh]?$/, 'is no time such as "30m"').optional(),
  }),
  open: ({ key, base_url: baseUrl, model, keep_alive: keepAlive }, { name, models, apiKey }) =>
    ollamaProvider({
      name,
      models,
      model,
      ...(key === undefined ? {} : { apiKey }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    }),
  environment: {
    keys: [],
    missing: "OLLAMA_HOST is not set",
    settings: (read) => {
      const host = read("OLLAMA_HOST");
      return host === "" ? undefined : { base_url: addressOf(host) };
    },
  },
});

/** OLLAMA_HOST is what the server listens on, too: without a protocol, maybe without a port, maybe on every address. */
function addressOf(host: string): string {
  const address = /^https?:\/\//.test(host) ? host : `http://${host}`;
  const hasPort = /:\d+\/*$/.test(host) || /^https?:/.test(host);
  const full = hasPort ? address : `${address.replace(/\/+$/, "")}:${defaultPort}`;
  return addressFrom("OLLAMA_HOST", full.replace("//0.0.0.0", "//127.0.0.1"));
}
