// What is known of models without asking anyone: windows, vision, prices. The configuration comes first.
import type { ModelInfo } from "./contract.ts";
import { knownModels } from "./known_models.ts";

/** `[models."NAME"]` of the configuration: only what differs from what is known. */
export type ConfiguredModels = Readonly<Record<string, Partial<ModelInfo>>>;

/** For a model nobody told us about: small enough for most. */
export const unknownModel: ModelInfo = { window: 128_000, outputMax: 16_384, vision: false };

/** A dated or named edition of a model: `-20251001`, `-2026-04-23`, `@20250929`, `-latest`. */
const edition = /(?:[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-latest)$/;

/** What is configured, field by field, over what is known of the model or, without its edition, of its kind. */
export function modelInfo(model: string, configured: ConfiguredModels): ModelInfo {
  const known = knownModels.get(model) ?? knownModels.get(model.replace(edition, "")) ?? unknownModel;
  const own = configured[model];
  const price = own?.price ?? known.price;
  return {
    window: own?.window ?? known.window,
    outputMax: own?.outputMax ?? known.outputMax,
    vision: own?.vision ?? known.vision,
    ...(price === undefined ? {} : { price }),
  };
}
