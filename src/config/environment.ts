// What the environment adds to the configuration: providers that its keys and addresses stand for, and the choice among
// all of them. Pure: the variables are given.
import { Problem } from "../protocol/problem.ts";
import {
  addressFault,
  defaultAzureVersion,
  defaultBaseUrl,
  defaultModels,
  type ProviderSettings,
} from "./provider_kinds.ts";
import type { Config } from "./schema.ts";

export type Environment = Record<string, string | undefined>;

/** The configuration as it holds in an environment: every provider there is, and which one is used. */
export interface EffectiveConfig extends Config {
  default_provider: string;
  /** LLM_MODEL: it wins over what a folder's settings say. */
  model_from_environment?: string;
}

type Read = (name: string) => string;

/** Azure and its deployments, by the names that its own client reads. */
const azureVariables = ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"] as const;
const ollamaPort = "11434";

/**
 * Adds the providers of the environment below those of the file, and the built-in "scripted". JAMEY_PROVIDER chooses the
 * default, then `default_provider`, then the first of the file, then the first of the environment, then "scripted".
 * LLM_MODEL is the default provider's model. Throws a Problem `bad_config` for what cannot be right.
 */
export function withEnvironment(config: Config, env: Environment): EffectiveConfig {
  const read: Read = (name) => env[name]?.trim() ?? "";
  const implicit = implicitProviders(read);
  const providers: Record<string, ProviderSettings> = { ...config.providers };
  for (const [name, settings] of Object.entries({ ...implicit, scripted: { kind: "scripted" } as const })) {
    if (!Object.hasOwn(providers, name)) providers[name] = settings;
  }
  const wanted = read("JAMEY_PROVIDER");
  const chosen = wanted || config.default_provider || Object.keys(config.providers)[0] ||
    Object.keys(implicit)[0] || "scripted";
  const settings = Object.hasOwn(providers, chosen) ? providers[chosen] : undefined;
  if (settings === undefined) throw unknownProvider({ chosen, wanted, known: Object.keys(providers) });
  for (const name of config.fallback) {
    if (!Object.hasOwn(providers, name)) {
      throw new Problem(
        "bad_config",
        `Cannot use config: "fallback" names the provider "${name}", which is not there`,
        {
          hint: `Providers are: ${Object.keys(providers).join(", ")}`,
        },
      );
    }
  }
  const model = read("LLM_MODEL");
  if (model === "" || !("model" in settings)) return { ...config, providers, default_provider: chosen };
  return {
    ...config,
    providers: { ...providers, [chosen]: { ...settings, model } },
    default_provider: chosen,
    model_from_environment: model,
  };
}

/** The providers that the variables stand for, in the order in which one becomes the default. */
function implicitProviders(read: Read): Record<string, ProviderSettings> {
  const found: Record<string, ProviderSettings> = {};
  const key = read("OPENAI_API_KEY");
  const base_url = read("LLM_BASE_URL");
  if (key !== "" || base_url !== "") {
    found["openai"] = {
      kind: "openai",
      ...(key === "" ? {} : { key: "env:OPENAI_API_KEY" }),
      base_url: base_url === "" ? defaultBaseUrl : checkAddress("LLM_BASE_URL", base_url),
      model: defaultModels.openai,
      api: "auto",
    };
  }
  if (read("ANTHROPIC_API_KEY") !== "") {
    found["anthropic"] = { kind: "anthropic", key: "env:ANTHROPIC_API_KEY", model: defaultModels.anthropic };
  }
  const azure = implicitAzure(read);
  if (azure !== null) found["azure"] = azure;
  const host = read("OLLAMA_HOST");
  if (host !== "") {
    found["ollama"] = { kind: "ollama", base_url: ollamaAddress(host), model: defaultModels.ollama };
  }
  return found;
}

function implicitAzure(read: Read): ProviderSettings | null {
  if (azureVariables.some((name) => read(name) === "")) return null;
  return {
    kind: "azure",
    key: "env:AZURE_OPENAI_API_KEY",
    endpoint: checkAddress("AZURE_OPENAI_ENDPOINT", read("AZURE_OPENAI_ENDPOINT")),
    api_version: read("OPENAI_API_VERSION") || defaultAzureVersion,
    model: read("AZURE_OPENAI_DEPLOYMENT") || defaultModels.openai,
  };
}

/** OLLAMA_HOST is what the server listens on, too: without a protocol, maybe without a port, maybe on every address. */
function ollamaAddress(host: string): string {
  const address = /^https?:\/\//.test(host) ? host : `http://${host}`;
  const hasPort = /:\d+\/*$/.test(host) || /^https?:/.test(host);
  const full = hasPort ? address : `${address.replace(/\/+$/, "")}:${ollamaPort}`;
  return checkAddress("OLLAMA_HOST", full.replace("//0.0.0.0", "//127.0.0.1"));
}

function checkAddress(variable: string, text: string): string {
  const why = addressFault(text);
  if (why === undefined) return text.replace(/\/+$/, "");
  throw new Problem("bad_config", `Cannot use ${variable}: it ${why}`, {
    hint: 'Give the address with its protocol and path, for example "http://127.0.0.1:11434/v1"',
  });
}

interface UnknownProvider {
  chosen: string;
  /** JAMEY_PROVIDER, or "". */
  wanted: string;
  known: readonly string[];
}

/** What would have to be set for a provider of the environment to be there. */
const needed: Readonly<Record<string, string>> = {
  openai: "OPENAI_API_KEY is not set",
  anthropic: "ANTHROPIC_API_KEY is not set",
  azure: "AZURE_OPENAI_API_KEY or AZURE_OPENAI_ENDPOINT is not set",
  ollama: "OLLAMA_HOST is not set",
};

function unknownProvider({ chosen, wanted, known }: UnknownProvider): Problem {
  const hint = chosen === "openai"
    ? "Set OPENAI_API_KEY, or LLM_BASE_URL for a local endpoint that needs no key"
    : `Providers are: ${known.join(", ")}; more are configured in runtime.toml (jamey config path)`;
  const lack = Object.hasOwn(needed, chosen) ? needed[chosen] : undefined;
  if (lack !== undefined) {
    return new Problem("bad_config", `Cannot use the provider "${chosen}": ${lack}`, { hint });
  }
  const source = wanted === "" ? "default_provider" : "JAMEY_PROVIDER";
  return new Problem(
    "bad_config",
    `Cannot choose a provider: ${source} is "${chosen.slice(0, 64)}", expected ${
      known.map((n) => `"${n}"`).join(" or ")
    }`,
    { hint },
  );
}
