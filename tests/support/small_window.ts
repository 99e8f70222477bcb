// A runtime on a model with a small window, for conversations that have to be made smaller.
import type { Hooks } from "../../src/hooks/contract.ts";
import type { FactData } from "../../src/protocol/facts.ts";
import type { ProviderRegistry } from "../../src/providers/contract.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { openTestRuntime, type TestRuntime } from "./runtime.ts";
import { startWindowModel, type WindowModel } from "./window_model.ts";

export type WindowOptions = Parameters<typeof startWindowModel>[0];

/** In the model's own tokens. */
export const window = 24_000;

/** Opens both; a model that is not told otherwise has the window that the runtime believes in, and is fine. */
export async function openSmallWindow(
  options: Partial<WindowOptions> = {},
  hooks?: Hooks,
): Promise<{ model: WindowModel; test: TestRuntime }> {
  const model = startWindowModel({ window, reply: () => ({ text: "fine" }), ...options });
  const test = await openTestRuntime({
    providers: registryFor(model),
    ...(hooks === undefined ? {} : { hooks }),
  });
  return { model, test };
}

/** The model as a provider without second attempts, with the window that the runtime is to believe in. */
export function registryFor(
  model: WindowModel,
  info = { window, outputMax: 2_000 },
): ProviderRegistry {
  return registryOf([openaiProvider({
    apiKey: "test-key",
    baseUrl: model.server.url,
    model: "m",
    models: { m: info },
    retries: 0,
    baseMs: 1,
  })]);
}

/** What was done to make the conversation smaller. */
export async function compactionsOf(test: TestRuntime, id: string): Promise<FactData<"context.compacted">[]> {
  return (await test.facts(id)).flatMap((fact) => fact.type === "context.compacted" ? [fact.data] : []);
}
