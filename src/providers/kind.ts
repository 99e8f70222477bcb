// A kind of provider: what its section of the configuration may say, and how a provider is made of it. A new kind is one file
// that defines it, and one line in list.ts.
import type { z } from "zod";
import type { Provider } from "./contract.ts";
import type { ConfiguredModels } from "./models.ts";

/** What all kinds know of their settings; each knows more of its own. */
export interface ProviderSettings {
  kind: string;
  /** A reference to the secret that is sent; left out where none is wanted. */
  key?: string | undefined;
  /** The model used when a session names none; left out by kinds that have only one. */
  model?: string | undefined;
}

/** A strict object, so that a misspelt key is found; `key`, where a kind has one, is a `secretReference`. */
export type SettingsSchema = z.ZodType<ProviderSettings> & {
  readonly shape: { kind: z.ZodLiteral<string>; model?: z.ZodType };
  // What a union asks of its options, to tell them apart.
  readonly _zod: { propValues: z.core.util.PropValues };
};

/** What comes from elsewhere than the section of the provider. */
export interface OwnOptions {
  /** The name of the section. */
  name: string;
  /** What the configuration says of models, by name. */
  models: ConfiguredModels;
  /** The secret behind `key`; the word "none" when the settings have no key. */
  apiKey: string;
}

/** Reads a variable of the environment, trimmed; "" when it is not set. */
export type ReadVariable = (name: string) => string;

/** The variables that stand for a provider of this kind, named after it, without a configuration file. */
export interface KindEnvironment<Given> {
  /** Those that hold secrets: what is in them never reaches the log, whoever uses it. */
  keys: readonly string[];
  /** Said when the provider is asked for and is not there: "NAME is not set". Left out where it always is. */
  missing?: string;
  /** What to do then. */
  hint?: string;
  /** The settings that the variables mean; undefined when they stand for none. Throws a Problem for a value that is wrong. */
  settings(read: ReadVariable): Given | undefined;
}

export interface KindDefinition<Schema extends SettingsSchema> {
  kind: z.output<Schema>["kind"];
  settings: Schema;
  /** Makes the provider; asks nothing of anyone and loads nothing large: that is for the first question. */
  open(settings: z.output<Schema>, own: OwnOptions): Provider;
  environment?: KindEnvironment<Omit<z.input<Schema>, "kind">>;
}

/** A kind whose own types are closed in. */
export interface ProviderKind {
  readonly kind: string;
  readonly settings: SettingsSchema;
  /** For settings that the schema has let through; throws for any others. */
  open(settings: ProviderSettings, own: OwnOptions): Provider;
  readonly environment?: KindEnvironment<object>;
}

/** Makes a kind of its definition: settings are checked where they come in, so that `open` has them in its own types. */
export function defineProviderKind<Schema extends SettingsSchema>(
  definition: KindDefinition<Schema>,
): ProviderKind {
  const { kind, settings, environment } = definition;
  return {
    kind,
    settings,
    open: (given, own) => definition.open(settings.parse(given), own),
    ...(environment === undefined ? {} : { environment }),
  };
}
