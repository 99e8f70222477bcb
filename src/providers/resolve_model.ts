// Which provider and model a text names: `NAME`, or `PROVIDER/NAME`. Names of models may hold slashes themselves, so only
// a known provider before the first one counts.
import { Problem } from "../protocol/problem.ts";
import type { ProviderRegistry } from "./contract.ts";

/** `provider`: for a text that names none; by default the registry's default. Throws a Problem for a provider alone. */
export function resolveModel(
  registry: ProviderRegistry,
  text: string,
  provider: string = registry.default.name,
): { provider: string; model: string } {
  const slash = text.indexOf("/");
  const first = slash < 0 ? text : text.slice(0, slash);
  if (!registry.names().includes(first)) return { provider, model: text };
  const model = slash < 0 ? registry.get(first)?.defaultModel ?? "" : text.slice(slash + 1);
  if (model !== "") return { provider: first, model };
  throw new Problem(
    "bad_request",
    `Cannot use the model "${text}": it names the provider "${first}" and no model`,
  );
}

/** A registry of providers that are there already; the first one is the default. */
export function registryOf(
  providers: readonly [ProviderRegistry["default"], ...ProviderRegistry["default"][]],
  fallback: readonly string[] = [],
): ProviderRegistry {
  return {
    names: () => providers.map((provider) => provider.name),
    get: (name) => providers.find((provider) => provider.name === name),
    default: providers[0],
    fallback,
  };
}
