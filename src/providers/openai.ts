// The provider for every endpoint that speaks OpenAI chat completions or the responses API, hosted or local.
import type OpenAI from "openai";
import type { ClientOptions } from "openai";
import type { ChatModel } from "openai/resources/shared";
import { z } from "zod";
import type { Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { secretReference } from "./reference.ts";
import { addressFrom, endpoint, modelName } from "./settings.ts";
import { boundedFetch } from "./wire/bounded_fetch.ts";
import { type CallOptions, callSettings } from "./openai/call_options.ts";
import { hostOf } from "./wire/describe.ts";
import { type Api, endpointProvider, type EndpointSettings } from "./openai/endpoint.ts";
import { type Advice, environmentAdvice } from "./wire/failure.ts";

export interface OpenaiOptions extends CallOptions {
  apiKey: string;
  /** With the version path, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Default `auto`: the responses API at OpenAI itself, unless it says that it does not serve it; chat everywhere else. */
  api?: "auto" | "chat" | "responses";
}

export const defaultModel = "gpt-5.5" satisfies ChatModel;
const defaultBaseUrl = "https://api.openai.com/v1";
const hostedHost = "api.openai.com";
/** The SDK insists on a limit for the time to the response; ours is the idle timeout. */
const sdkTimeoutMs = 2 ** 31 - 1;
/** What every client of the family is told: the promises are ours. */
export const sdkOptions = {
  // Without these the SDK takes them from the environment.
  organization: null,
  project: null,
  adminAPIKey: null,
  webhookSecret: null,
  logLevel: "off",
  maxRetries: 0,
  timeout: sdkTimeoutMs,
  fetch: boundedFetch,
} as const satisfies ClientOptions;

/** Makes the provider; the options are used as they are, the environment is not read. */
export function openaiProvider(options: OpenaiOptions): Provider {
  return endpointProvider(openaiEndpoint(options));
}

/** The endpoint that these options mean. */
export function openaiEndpoint(options: OpenaiOptions): EndpointSettings {
  const { apiKey, baseUrl } = options;
  const settings = callSettings(options, "openai");
  const hosted = hostOf(baseUrl) === hostedHost;
  return {
    ...settings,
    kind: "openai",
    apiKey,
    baseUrl,
    api: chooseApi(options.api ?? "auto", hosted),
    outputLimit: hosted ? "max_completion_tokens" : "max_tokens",
    advice: () => settings.name === "openai" ? environmentAdvice : configurationAdvice(settings.name),
    listsModels: true,
    open: () => openClient({ apiKey, baseUrl }),
  };
}

function chooseApi(wanted: "auto" | "chat" | "responses", hosted: boolean): Api {
  if (wanted !== "auto") return wanted;
  return hosted ? "responses_or_chat" : "chat";
}

/** What can be done about an endpoint that has a name in the configuration. */
export function configurationAdvice(name: string): Advice {
  const place = `of the provider "${name}" in the configuration`;
  return { auth: `check the key and the address ${place}`, redirect: `set the final address ${place}` };
}

/** Loads the SDK with the first call: whoever asks no model need not wait for it. */
export async function openClient(options: { apiKey: string; baseUrl: string }): Promise<OpenAI> {
  const { default: Client } = await import("openai");
  const client = new Client({ ...sdkOptions, apiKey: options.apiKey, baseURL: options.baseUrl });
  return withoutEnvironmentHeaders(client);
}

/**
 * The SDK adds the headers in OPENAI_CUSTOM_HEADERS to every request and has no option against it: what is meant for one
 * endpoint, maybe a credential, would go to all of them.
 */
export function withoutEnvironmentHeaders<T extends OpenAI>(client: T): T {
  const options: unknown = Reflect.get(client, "_options");
  if (typeof options === "object" && options !== null) Reflect.set(options, "defaultHeaders", undefined);
  return client;
}

export const openaiKind = defineProviderKind({
  kind: "openai",
  settings: z.strictObject({
    kind: z.literal("openai"),
    /** None for a local endpoint that wants none. */
    key: secretReference.optional(),
    /** With the version path. */
    base_url: endpoint.default(defaultBaseUrl),
    model: modelName.default(defaultModel),
    api: z.enum(["auto", "chat", "responses"]).default("auto"),
  }),
  open: ({ base_url: baseUrl, model, api }, own) => openaiProvider({ ...own, baseUrl, model, api }),
  environment: {
    keys: ["OPENAI_API_KEY"],
    missing: "OPENAI_API_KEY is not set",
    hint: "Set OPENAI_API_KEY, or LLM_BASE_URL for a local endpoint that needs no key",
    settings: (read) => {
      const [hasKey, address] = [read("OPENAI_API_KEY") !== "", read("LLM_BASE_URL")];
      if (!hasKey && address === "") return undefined;
      return {
        ...(hasKey ? { key: "env:OPENAI_API_KEY" } : {}),
        ...(address === "" ? {} : { base_url: addressFrom("LLM_BASE_URL", address) }),
      };
    },
  },
});
