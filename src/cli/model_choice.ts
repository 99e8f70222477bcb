// The model that a person names: looked at before a session has it, because a misspelt provider is read as the beginning of
// a model's name, and fails only once the model is asked.
import type { Client } from "../client/client.ts";
import { nearest } from "../config/nearest.ts";
import { Problem } from "../protocol/problem.ts";

/**
 * Throws a Problem `bad_request` for `first/rest` when no provider is called `first` and the one that would be asked offers
 * no model of that whole name. `provider` is the session's; left out, it is the default.
 */
export async function checkModel(
  client: Client,
  text: string | undefined,
  provider?: string,
): Promise<void> {
  const slash = text?.indexOf("/") ?? -1;
  if (text === undefined || slash < 0) return;
  const [first, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  const { models } = await client.models();
  const names = models.map((model) => model.provider);
  const own = provider ?? models.find(({ is_default }) => is_default)?.provider;
  if (names.includes(first) || own === undefined) return;
  if (models.some((model) => model.provider === own && model.default_model === text)) return;
  // An endpoint that cannot be asked now offers nothing: its provider can always be named.
  const offered = await client.modelsOf(own).then((answer) => answer.models, (): string[] => []);
  if (offered.includes(text)) return;
  const near = nearest(first, names);
  const meant = near === undefined ? `Providers are: ${names.join(", ")}` : `Did you mean "${near}/${rest}"?`;
  throw new Problem(
    "bad_request",
    `Cannot use the model "${text}": no provider is called "${first}", and "${own}" offers no model of that name`,
    { hint: `${meant}; if "${own}" has it all the same, write "${own}/${text}"` },
  );
}
