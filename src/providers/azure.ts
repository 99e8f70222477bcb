// The provider for Azure OpenAI: the official client knows its paths and its key header; everything else is as for openai.
import type OpenAI from "openai";
import { z } from "zod";
import { Problem } from "../protocol/problem.ts";
import type { Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { defaultModel, sdkOptions, withoutEnvironmentHeaders } from "./openai.ts";
import { secretReference } from "./reference.ts";
import { addressFrom, endpoint, modelName } from "./settings.ts";
import { type CallOptions, callSettings } from "./openai/call_options.ts";
import { endpointProvider } from "./openai/endpoint.ts";
import type { Advice } from "./wire/failure.ts";

export interface AzureOptions extends CallOptions {
  /** The address of the resource, for example `https://example.openai.azure.com`. */
  endpoint: string;
  apiKey: string;
  /** Default: the newest that is no preview. */
  apiVersion?: string;
  /** The deployment that answers for every model; left out: the name of the model is the name of the deployment. */
  deployment?: string;
  /** Default `chat`; the responses API needs an API version that has it. */
  api?: "chat" | "responses";
}

const defaultApiVersion = "2024-10-21";

/** Makes the provider; throws a Problem `bad_config` for options that cannot be right. The environment is not read. */
export function azureProvider(options: AzureOptions): Provider {
  const settings = callSettings(options, "azure");
  if (options.apiKey === "" || !URL.canParse(options.endpoint)) {
    throw new Problem(
      "bad_config",
      `Cannot use the provider "${settings.name}": its key or its endpoint is missing`,
      {
        hint:
          'Give the endpoint of the resource, for example "https://example.openai.azure.com", and its key',
      },
    );
  }
  return endpointProvider({
    ...settings,
    kind: "azure",
    apiKey: options.apiKey,
    baseUrl: options.endpoint,
    api: options.api ?? "chat",
    outputLimit: "max_completion_tokens",
    advice: (model) => azureAdvice(settings.name, options.deployment ?? model),
    // It lists what could be deployed, not what is.
    listsModels: false,
    ...(options.deployment === undefined ? {} : { wireModel: () => options.deployment ?? "" }),
    open: () => openAzure(options),
  });
}

function azureAdvice(name: string, deployment: string): Advice {
  const place = `of the provider "${name}"`;
  return {
    auth: `check the key and the endpoint ${place}`,
    redirect: `set the final address as the endpoint ${place}`,
    missing:
      `check that "${deployment}" is a deployment of this resource, and the endpoint and API version ${place}`,
  };
}

/** The client puts the model of a request into its path: that is how Azure names deployments. */
async function openAzure(options: AzureOptions): Promise<OpenAI> {
  const { AzureOpenAI } = await import("openai");
  const client = new AzureOpenAI({
    ...sdkOptions,
    // Not `endpoint`: beside that, an OPENAI_BASE_URL in the environment is an error.
    baseURL: `${options.endpoint.replace(/\/+$/, "")}/openai`,
    apiKey: options.apiKey,
    apiVersion: options.apiVersion ?? defaultApiVersion,
  });
  return withoutEnvironmentHeaders(client);
}

export const azureKind = defineProviderKind({
  kind: "azure",
  settings: z.strictObject({
    kind: z.literal("azure"),
    key: secretReference,
    endpoint,
    api_version: z.string().regex(/^[\w.-]{1,40}$/, "is no API version").default(defaultApiVersion),
    /** The name of the deployment, unless `deployment` names one. */
    model: modelName,
    /** Answers for every model of the provider. */
    deployment: z.string().min(1).max(256).optional(),
    api: z.enum(["chat", "responses"]).default("chat"),
  }),
  open: ({ endpoint, api_version: apiVersion, model, deployment, api }, own) =>
    azureProvider({
      ...own,
      endpoint,
      apiVersion,
      model,
      api,
      ...(deployment === undefined ? {} : { deployment }),
    }),
  environment: {
    keys: ["AZURE_OPENAI_API_KEY"],
    missing: "AZURE_OPENAI_API_KEY or AZURE_OPENAI_ENDPOINT is not set",
    settings: (read) => {
      const address = read("AZURE_OPENAI_ENDPOINT");
      if (read("AZURE_OPENAI_API_KEY") === "" || address === "") return undefined;
      return {
        key: "env:AZURE_OPENAI_API_KEY",
        endpoint: addressFrom("AZURE_OPENAI_ENDPOINT", address),
        api_version: read("OPENAI_API_VERSION") || undefined,
        model: read("AZURE_OPENAI_DEPLOYMENT") || defaultModel,
      };
    },
  },
});
