// Families of models: definitions of agents that are written for one provider say "sonnet" and mean the newest of them.
import { knownModels } from "./known_models.ts";

const families = new Set(["fable", "opus", "sonnet", "haiku"]);

/** Whether a text names a family and no model. */
export function isModelFamily(text: string): boolean {
  return families.has(text);
}

/** The newest model that is known of a family, for providers of the kind that has it; undefined for all others. */
export function familyModel(text: string, kind: string): string | undefined {
  if (kind !== "anthropic" || !isModelFamily(text)) return undefined;
  return [...knownModels.keys()].find((name) => name.startsWith(`claude-${text}-`));
}
