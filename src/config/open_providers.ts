// Opens the providers of a configuration: each by its kind, under its name, with the secret behind its reference.
import { messageOf, Problem } from "../protocol/problem.ts";
import type { ModelInfo, Provider, ProviderRegistry } from "../providers/contract.ts";
import type { ProviderKind, ProviderSettings } from "../providers/kind.ts";
import { providerKinds } from "../providers/list.ts";
import type { ConfiguredModels } from "../providers/models.ts";
import type { EffectiveConfig } from "./environment.ts";
import type { Keys } from "./keys.ts";
import type { ModelSettings } from "./schema.ts";

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
export function openProviders(
  config: EffectiveConfig,
  keys: Keys,
  kinds: readonly ProviderKind[] = providerKinds,
): ConfiguredProviders {
  const made = new Map<string, Provider>();
  const models = configuredModels(config.models);
  const get = (name: string): Provider | undefined => {
    const known = made.get(name);
    const settings = Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
    if (known !== undefined || settings === undefined) return known;
    const provider = openProvider(name, settings, { models, keys, kinds });
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

interface OpenOptions {
  models: ConfiguredModels;
  keys: Keys;
  kinds: readonly ProviderKind[];
}

function openProvider(
  name: string,
  settings: ProviderSettings,
  { models, keys, kinds }: OpenOptions,
): Provider {
  const kind = kinds.find((one) => one.kind === settings.kind);
  if (kind === undefined) throw new Error(`"${settings.kind}" is no kind of provider`);
  const problem = keyProblem(settings, keys);
  const apiKey = settings.key === undefined || problem !== undefined ? noKey : keys.secret(settings.key);
  const provider = kind.open(settings, { name, models, apiKey });
  return problem === undefined ? provider : unusable(provider, problem);
}

function keyProblem(settings: ProviderSettings, keys: Keys): Problem | undefined {
  if (settings.key === undefined) return undefined;
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
