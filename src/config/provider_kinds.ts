// What a section `[providers.NAME]` may say: the settings of one of the kinds there are, told apart by `kind`.
import { z } from "zod";
import type { ProviderKind, ProviderSettings } from "../providers/kind.ts";

export type { ProviderSettings };

/** Begins with a letter, so that it is never taken for a number, and has no slash: `provider/model` is how models are named. */
export const providerName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
  "is no name for a provider: use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter",
);

/** The settings of any of these kinds. */
export function providerSettings(kinds: readonly ProviderKind[]): z.ZodType<ProviderSettings> {
  const [first, ...others] = kinds.map(({ settings }) => settings);
  if (first === undefined) throw new Error("there is no kind of provider");
  return z.discriminatedUnion("kind", [first, ...others]);
}
