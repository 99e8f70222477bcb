// The list of providers: how each kind of the configuration is opened, and the registry of those that are configured.
// A new kind is one file, its settings in src/config/provider_kinds.ts and one case here.
import type { EffectiveConfig } from "../config/environment.ts";
import type { Keys } from "../config/keys.ts";
import type { ProviderSettings } from "../config/provider_kinds.ts";
import type { ModelSettings } from "../config/schema.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { chooseProvider, type ProviderChoice } from "./choice.ts";
import { anthropicProvider } from "./anthropic.ts";
import { azureProvider } from "./azure.ts";
import type { ModelInfo, Provider, ProviderRegistry } from "./contract.ts";
import type { ConfiguredModels } from "./models.ts";
import { ollamaProvider } from "./ollama.ts";
import { openaiProvider } from "./openai.ts";
import { recordedProvider } from "./recorded.ts";
import { answersFromFile } from "./recorded/file.ts";
import { scriptedProvider } from "./scripted.ts";

export interface ConfiguredProviders extends ProviderRegistry {
  /** What is wrong with any of them, without asking a model: to be said at the start. */
  problems(): { name: string; problem: Problem }[];
}

/** What is sent as a key to an endpoint that wants none. */
const noKey = "none";

/**
 * The providers of a configuration, each made when it is first asked for. One whose key is missing is there all the same,
 * because old requests are encoded with it; but every question to it fails and names the key.
 */
export function openProviders(config: EffectiveConfig, keys: Keys): ConfiguredProviders {
  const made = new Map<string, Provider>();
  const models = configuredModels(config.models);
  const get = (name: string): Provider | undefined => {
    const known = made.get(name);
    const settings = Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
    if (known !== undefined || settings === undefined) return known;
    const provider = openProvider(name, settings, { models, keys });
    made.set(name, provider);
    return provider;
  };
  return {
    names: () => Object.keys(config.providers),
    get,
    get default() {
      const provider = get(config.default_provider);
      if (provider === undefined) throw new Error(`"${config.default_provider}" is no configured provider`);
      return provider;
    },
    fallback: config.fallback,
    problems: () =>
      Object.entries(config.providers).flatMap(([name, settings]) => {
        const problem = keyProblem(settings, keys);
        return problem === undefined ? [] : [{ name, problem }];
      }),
  };
}

/** The provider for this environment. Throws a Problem `bad_config` for values that cannot be right. */
export function providerFromEnv(env: Record<string, string | undefined>): Provider {
  return makeProvider(chooseProvider(env));
}

/** The provider that was chosen. */
export function makeProvider({ config, keys }: ProviderChoice): Provider {
  return openProviders(config, keys).default;
}

interface OpenOptions {
  models: ConfiguredModels;
  keys: Keys;
}

function openProvider(name: string, settings: ProviderSettings, { models, keys }: OpenOptions): Provider {
  const problem = keyProblem(settings, keys);
  const apiKey = !("key" in settings) || settings.key === undefined || problem !== undefined
    ? noKey
    : keys.secret(settings.key);
  const provider = openKind(settings, { name, models, apiKey });
  return problem === undefined ? provider : unusable(provider, problem);
}

interface Own {
  name: string;
  models: ConfiguredModels;
  apiKey: string;
}

function openKind(settings: ProviderSettings, { apiKey, ...own }: Own): Provider {
  switch (settings.kind) {
    case "openai": {
      const { base_url: baseUrl, model, api } = settings;
      return openaiProvider({ ...own, apiKey, baseUrl, model, api });
    }
    case "azure": {
      const { endpoint, api_version: apiVersion, model } = settings;
      return azureProvider({ ...own, apiKey, endpoint, apiVersion, model });
    }
    case "anthropic": {
      const { base_url: baseUrl, thinking_budget: thinkingBudget, model } = settings;
      return anthropicProvider({ ...own, apiKey, model, ...given({ baseUrl, thinkingBudget }) });
    }
    case "ollama": {
      const { base_url: baseUrl, keep_alive: keepAlive, model } = settings;
      const key = settings.key === undefined ? undefined : apiKey;
      return ollamaProvider({ ...own, model, ...given({ baseUrl, keepAlive, apiKey: key }) });
    }
    case "scripted":
      return scriptedProvider(own);
    case "recorded":
      return recordedProvider({ ...own, answers: () => answersFromFile(settings.file) });
    default:
      return settings satisfies never;
  }
}

/** Without what was left out: a provider's own default holds there. */
function given<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  // The border cast: entries lose the names of their keys, and nothing else is done to them.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function keyProblem(settings: ProviderSettings, keys: Keys): Problem | undefined {
  if (!("key" in settings) || settings.key === undefined) return undefined;
  try {
    keys.secret(settings.key);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Problem ? thrown : new Problem("bad_config", messageOf(thrown));
  }
}

/** A provider that cannot be asked: it says why, in the way every other failure is said. */
function unusable(provider: Provider, problem: Problem): Provider {
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  const message = `Cannot ask the provider "${provider.name}": ${problem.message}${hint}`;
  return {
    ...provider,
    async *stream() {
      yield { type: "failed", error: { code: "auth", message }, text: "" };
    },
    ...(provider.models === undefined
      ? {}
      : { models: () => Promise.reject(new Problem("provider_auth", message)) }),
  };
}

function configuredModels(settings: Readonly<Record<string, ModelSettings>>): ConfiguredModels {
  return Object.fromEntries(
    Object.entries(settings).map(([name, { window, output_max, vision, price }]) => {
      const info: Partial<ModelInfo> = {
        ...(window === undefined ? {} : { window }),
        ...(output_max === undefined ? {} : { outputMax: output_max }),
        ...(vision === undefined ? {} : { vision }),
        ...(price === undefined ? {} : { price }),
      };
      return [name, info];
    }),
  );
}
