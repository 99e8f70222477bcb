// What the environment adds to the configuration: providers that its keys and addresses stand for, and the choice among
// all of them. Pure: the variables are given.
import { Problem } from "../protocol/problem.ts";
import type { ProviderKind, ProviderSettings, ReadVariable } from "../providers/kind.ts";
import { providerKinds } from "../providers/list.ts";
import { faultsOf } from "./faults.ts";
import type { Config } from "./schema.ts";

export type Environment = Record<string, string | undefined>;

/** The configuration as it holds in an environment: every provider there is, and which one is used. */
export interface EffectiveConfig extends Config {
  default_provider: string;
  /** LLM_MODEL: it wins over what a folder's settings say. */
  model_from_environment?: string;
}

/**
 * Adds the providers of the environment below those of the file. JAMEY_PROVIDER chooses the default, then
 * `default_provider`, then the first of the file, then the first of the environment in the order of the kinds.
 * LLM_MODEL is the default provider's model. Throws a Problem `bad_config` for what cannot be right.
 */
export function withEnvironment(
  config: Config,
  env: Environment,
  kinds: readonly ProviderKind[] = providerKinds,
): EffectiveConfig {
  const read: ReadVariable = (name) => env[name]?.trim() ?? "";
  const implicit = implicitProviders(kinds, read);
  // Those of the file come first, and keep their names.
  const providers = { ...config.providers, ...implicit, ...config.providers };
  const wanted = read("JAMEY_PROVIDER");
  const chosen = wanted || config.default_provider || (Object.keys(providers)[0] ?? "");
  const settings = Object.hasOwn(providers, chosen) ? providers[chosen] : undefined;
  if (settings === undefined) {
    throw unknownProvider({ chosen, wanted, known: Object.keys(providers), kinds });
  }
  checkFallback(config.fallback, Object.keys(providers));
  const model = read("LLM_MODEL");
  const kind = kinds.find((one) => one.kind === settings.kind);
  if (model === "" || kind?.settings.shape.model === undefined) {
    return { ...config, providers, default_provider: chosen };
  }
  return {
    ...config,
    providers: { ...providers, [chosen]: settingsOf(kind, { ...settings, model }, "LLM_MODEL") },
    default_provider: chosen,
    model_from_environment: model,
  };
}

/** The providers that the variables stand for, each named after its kind, in the order of the kinds. */
function implicitProviders(
  kinds: readonly ProviderKind[],
  read: ReadVariable,
): Record<string, ProviderSettings> {
  return Object.fromEntries(kinds.flatMap((kind) => {
    const given = kind.environment?.settings(read);
    if (given === undefined) return [];
    return [[kind.kind, settingsOf(kind, given, `the variables of the provider "${kind.kind}"`)]];
  }));
}

/** The settings with their defaults; `source` is what a person would have to change when they are wrong. */
function settingsOf(kind: ProviderKind, given: object, source: string): ProviderSettings {
  const checked = kind.settings.safeParse({ ...given, kind: kind.kind });
  if (checked.success) return checked.data;
  const [fault] = checked.error.issues.flatMap((issue) => faultsOf(issue, kind.settings));
  throw new Problem("bad_config", `Cannot use ${source}: ${fault?.what ?? "they mean no settings"}`, {
    hint: "Correct the environment, or configure the provider in runtime.toml (jamey config path)",
  });
}

function checkFallback(fallback: readonly string[], known: readonly string[]): void {
  const lost = fallback.find((name) => !known.includes(name));
  if (lost === undefined) return;
  throw new Problem(
    "bad_config",
    `Cannot use config: "fallback" names the provider "${lost}", which is not there`,
    { hint: `Providers are: ${known.join(", ")}` },
  );
}

interface UnknownProvider {
  chosen: string;
  /** JAMEY_PROVIDER, or "". */
  wanted: string;
  known: readonly string[];
  kinds: readonly ProviderKind[];
}

function unknownProvider({ chosen, wanted, known, kinds }: UnknownProvider): Problem {
  const environment = kinds.find(({ kind }) => kind === chosen)?.environment;
  const hint = environment?.hint ??
    `Providers are: ${known.join(", ")}; more are configured in runtime.toml (jamey config path)`;
  if (environment?.missing !== undefined) {
    return new Problem("bad_config", `Cannot use the provider "${chosen}": ${environment.missing}`, { hint });
  }
  const source = wanted === "" ? "default_provider" : "JAMEY_PROVIDER";
  const expected = known.map((name) => `"${name}"`).join(" or ");
  return new Problem(
    "bad_config",
    `Cannot choose a provider: ${source} is "${chosen.slice(0, 64)}", expected ${expected}`,
    { hint },
  );
}
