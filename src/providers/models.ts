// What is known of models without asking anyone: windows, vision, prices. The configuration comes first.
import type { ModelInfo } from "./contract.ts";

export { costOf } from "./prices.ts";

/** `[models."NAME"]` of the configuration: only what differs from what is known. */
export type ConfiguredModels = Readonly<Record<string, Partial<ModelInfo>>>;

/** For a model nobody told us about: small enough for most. */
export const unknownModel: ModelInfo = { window: 128_000, outputMax: 16_384, vision: false };

export function modelInfo(model: string, configured: ConfiguredModels): ModelInfo {
  return { ...unknownModel, ...configured[model] };
}
