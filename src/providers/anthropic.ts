// The provider for the Messages API of Anthropic and what speaks it. The official SDK makes the request (address,
// credentials, errors); retries, limits and the reading of the stream are ours, because they are promises.
import type Anthropic from "@anthropic-ai/sdk";
import { z } from "zod";
import type { ModelRequest } from "../protocol/conversation.ts";
import type { JsonObject } from "../protocol/json.ts";
import { attemptOf } from "./anthropic/attempt.ts";
import { openClient } from "./anthropic/client.ts";
import { listModels } from "./anthropic/model_list.ts";
import { encodeMessages } from "./anthropic/wire.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { ModelEvent, Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { type ConfiguredModels, modelInfo } from "./models.ts";
import { secretReference } from "./reference.ts";
import { endpoint, modelName } from "./settings.ts";
import { tryAgain } from "./wire/attempts.ts";
import { describer, hostOf } from "./wire/describe.ts";

export const anthropicBaseUrl = "https://api.anthropic.com";

export interface AnthropicOptions extends Partial<BackoffOptions> {
  /** The name of this endpoint in the configuration; default "anthropic". */
  name?: string;
  apiKey: string;
  /** With or without the version path; default `https://api.anthropic.com`. */
  baseUrl?: string;
  /** The model used when a session names none. */
  model: string;
  /** What the configuration says of models, by name. */
  models?: ConfiguredModels;
  /** Tokens to think with before an answer, for models that think only when asked; default none. */
  thinkingBudget?: number;
  /** The longest silence before and within an answer; default 300,000. There is no limit on the whole answer. */
  idleTimeoutMs?: number;
  /** The longest wait for the end of the stream once the answer itself is whole; default 5,000. */
  endTimeoutMs?: number;
  /** Further attempts after the first, as long as nothing of an answer has arrived; default 4. */
  retries?: number;
}

interface Settings extends BackoffOptions {
  name: string;
  apiKey: string;
  baseUrl: string;
  model: string;
  models: ConfiguredModels;
  thinkingBudget: number | undefined;
  idleTimeoutMs: number;
  endTimeoutMs: number;
  retries: number;
}

/** Makes the provider; the options are used as they are, the environment is not read. */
export function anthropicProvider(options: AnthropicOptions): Provider {
  const settings = withDefaults(options);
  const { name, model, apiKey, baseUrl, idleTimeoutMs } = settings;
  let client: Promise<Anthropic> | null = null;
  const open = () => client ??= openClient(settings);
  return {
    name,
    kind: "anthropic",
    defaultModel: model,
    offline: false,
    info: (of) => modelInfo(of, settings.models),
    encode: (request) => encode(settings, request),
    models: (signal) => listModels({ open, apiKey, baseUrl, idleTimeoutMs }, signal),
    stream: (request, { signal }) => stream(open, settings, request, signal),
  };
}

function withDefaults(options: AnthropicOptions): Settings {
  return {
    name: options.name ?? "anthropic",
    apiKey: options.apiKey,
    baseUrl: options.baseUrl ?? anthropicBaseUrl,
    model: options.model,
    models: options.models ?? {},
    thinkingBudget: options.thinkingBudget,
    idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
    endTimeoutMs: options.endTimeoutMs ?? 5_000,
    retries: options.retries ?? 4,
    baseMs: options.baseMs ?? 500,
    maxMs: options.maxMs ?? 30_000,
    retryAfterMaxMs: options.retryAfterMaxMs ?? 600_000,
    random: options.random ?? Math.random,
  };
}

function encode(settings: Settings, request: ModelRequest): JsonObject {
  const info = modelInfo(request.model, settings.models);
  return encodeMessages(request, { info, thinkingBudget: settings.thinkingBudget });
}

async function* stream(
  open: () => Promise<Anthropic>,
  settings: Settings,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const body = encode(settings, request);
  const { idleTimeoutMs, endTimeoutMs } = settings;
  const tried = `Cannot ask model "${request.model}" at "${hostOf(settings.baseUrl)}"`;
  yield* tryAgain({
    next: () => attemptOf({ open, body, idleTimeoutMs, endTimeoutMs }),
    describe: describer(settings, tried),
    info: () => modelInfo(request.model, settings.models),
    limits: settings,
  }, signal);
}

export const anthropicKind = defineProviderKind({
  kind: "anthropic",
  settings: z.strictObject({
    kind: z.literal("anthropic"),
    key: secretReference,
    base_url: endpoint.optional(),
    model: modelName.default("claude-sonnet-5-5"),
    /** Tokens a model may think before it answers. */
    thinking_budget: z.int().min(1_024).max(1_000_000).optional(),
  }),
  open: ({ base_url: baseUrl, model, thinking_budget: thinkingBudget }, own) =>
    anthropicProvider({
      ...own,
      model,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(thinkingBudget === undefined ? {} : { thinkingBudget }),
    }),
  environment: {
    keys: ["ANTHROPIC_API_KEY"],
    missing: "ANTHROPIC_API_KEY is not set",
    settings: (read) => read("ANTHROPIC_API_KEY") === "" ? undefined : { key: "env:ANTHROPIC_API_KEY" },
  },
});
