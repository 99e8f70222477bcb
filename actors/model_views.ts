// The configured providers as clients are shown them: one that cannot be used says why, and does not hide the others.
import type { ModelView } from "../src/protocol/http.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";

export function modelViews(registry: ProviderRegistry): ModelView[] {
  const views = registry.names().map((name) => modelView(registry, name));
  return views.sort((a, b) => Number(b.is_default) - Number(a.is_default));
}

function modelView(registry: ProviderRegistry, name: string): ModelView {
  const unusable = {
    provider: name,
    kind: "",
    is_default: false,
    default_model: "",
    window: 0,
    vision: false,
  };
  try {
    const provider = registry.get(name);
    if (provider === undefined) return { ...unusable, error: "it is not configured" };
    const { window, vision } = provider.info(provider.defaultModel);
    return {
      provider: name,
      kind: provider.kind,
      is_default: registry.default.name === name,
      default_model: provider.defaultModel,
      window,
      vision,
    };
  } catch (thrown) {
    return { ...unusable, error: messageOf(thrown) };
  }
}

/** How long an endpoint may take to list its models. */
const listMs = 20_000;

/** Asks the endpoint itself; throws a Problem when it cannot say. */
export async function offeredModels(registry: ProviderRegistry, name: string): Promise<string[]> {
  const provider = registry.names().includes(name) ? registry.get(name) : undefined;
  if (provider === undefined) {
    throw new Problem(
      "not_found",
      `Cannot list the models of "${name}": no provider of that name is configured`,
      {
        hint: `There are ${registry.names().join(", ")}`,
      },
    );
  }
  if (provider.models === undefined) return [provider.defaultModel];
  return await provider.models(AbortSignal.timeout(listMs));
}
