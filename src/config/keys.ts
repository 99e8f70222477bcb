// The secrets behind the references of a configuration: looked up once, side by side; one that is missing is a Problem
// for whoever needs it and for nobody else.
import { messageOf, Problem } from "../protocol/problem.ts";
import type { ProviderKind } from "../providers/kind.ts";
import { providerKinds } from "../providers/list.ts";
import { prefixOf, type Reference, referenceIn } from "../providers/reference.ts";
import { type KeychainOptions, readKeychain } from "./keychain.ts";
import type { Config } from "./schema.ts";

/** Our own credential. */
const tokenVariable = "JAMEY_TOKEN";
/** Shorter values are found in ordinary words. */
const keyCharsMin = 8;

export interface Keys {
  /** The secret of a reference; a Problem `bad_config` that names the reference and never shows a value. */
  secret(reference: string): string;
  /** The text with its reference replaced; text without one is given back as it is. Throws like `secret`. */
  text(value: string): string;
  /** Why this reference leads nowhere; undefined when it does not. */
  problem(reference: string): Problem | undefined;
  /** Every secret that was found, by its reference: what must not reach the log. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Looks up all references of the configuration. Never rejects; each keychain entry takes at most 5 s. */
export async function resolveKeys(
  config: Config,
  options: KeychainOptions,
  kinds: readonly ProviderKind[] = providerKinds,
): Promise<Keys> {
  const wanted = [...referencesOf(config), ...keyVariables(kinds, options.env)];
  const found = await Promise.all(wanted.map(async ({ text, reference }) => {
    const value = reference.store === "env"
      ? readVariable(reference, options.env)
      : await readKeychain(reference.name, options).then(checkSecret(text), asProblem(text));
    return [text, value] as const;
  }));
  return keysFrom(new Map(found));
}

/** Every secret of the configuration that was found, by its reference, for redaction. */
export function secretsOf(keys: Keys): Readonly<Record<string, string>> {
  return keys.secrets;
}

/** Keys that are in the environment although no provider uses them: they must not reach the log either. */
function keyVariables(
  kinds: readonly ProviderKind[],
  env: Record<string, string | undefined>,
): { text: string; reference: Reference }[] {
  return kinds.flatMap(({ environment }) => environment?.keys ?? [])
    .filter((name) => (env[name]?.trim() ?? "") !== "")
    .map((name) => ({ text: `env:${name}`, reference: { store: "env", name } }));
}

/** Which variables of this environment hold a key, by name and by value: programs get none of them. Asks no keychain. */
export function environmentKeys(
  config: Config,
  env: Record<string, string | undefined>,
  kinds: readonly ProviderKind[] = providerKinds,
): { names: ReadonlySet<string>; holdsKey(name: string): boolean } {
  const used = [...referencesOf(config), ...keyVariables(kinds, env)].map(({ reference }) => reference);
  const names = used.filter(({ store }) => store === "env").map(({ name }) => name);
  const values = names.map((name) => env[name]?.trim() ?? "").filter((value) => value.length >= keyCharsMin);
  return {
    names: new Set([tokenVariable, ...names]),
    holdsKey: (name) => values.some((value) => env[name]?.includes(value) === true),
  };
}

/** Every reference of the configuration, once. */
export function referencesOf(config: Config): { text: string; reference: Reference }[] {
  const found = new Map<string, Reference>();
  for (const text of places(config)) {
    const reference = text === undefined ? null : referenceIn(text);
    if (reference !== null) found.set(`${reference.store}:${reference.name}`, reference);
  }
  return [...found].map(([text, reference]) => ({ text, reference }));
}

/** Every value of the configuration that may be a reference. */
function places(config: Config): (string | undefined)[] {
  return [
    ...Object.values(config.providers).map(({ key }) => key),
    config.web.search_key,
    ...Object.values(config.tools).flatMap((tool) => tool.type === "http" ? Object.values(tool.headers) : []),
    ...Object.values(config.mcp).flatMap((
      { env, headers },
    ) => [...Object.values(env), ...Object.values(headers)]),
  ];
}

function keysFrom(found: ReadonlyMap<string, string | Problem>): Keys {
  const secret = (reference: string) => {
    const value = found.get(reference) ?? missing(reference, "it was not looked up");
    if (value instanceof Problem) throw value;
    return value;
  };
  const secrets = [...found].flatMap(([name, value]) =>
    value instanceof Problem ? [] : [[name, value] as const]
  );
  return {
    secret,
    text: (value) => {
      const reference = referenceIn(value);
      return reference === null ? value : prefixOf(value) + secret(`${reference.store}:${reference.name}`);
    },
    problem: (reference) => {
      const value = found.get(reference);
      return value instanceof Problem ? value : undefined;
    },
    secrets: Object.fromEntries(secrets),
  };
}

function readVariable({ name }: Reference, env: Record<string, string | undefined>): string | Problem {
  const value = env[name]?.trim() ?? "";
  if (value === "") return missing(`env:${name}`, `the variable ${name} is not set where the daemon runs`);
  return checkSecret(`env:${name}`)(value);
}

/** A header cannot hold spaces, line breaks or other characters, and the error for that would show the key. */
function checkSecret(reference: string): (value: string) => string | Problem {
  return (value) =>
    /^[\x21-\x7e]+$/.test(value) ? value : new Problem(
      "bad_config",
      `Cannot use key "${reference}": it holds spaces, line breaks or characters outside ASCII`,
      { hint: "Copy the key again, without quotes or line breaks" },
    );
}

function asProblem(reference: string): (thrown: unknown) => Problem {
  return (thrown) => thrown instanceof Problem ? thrown : missing(reference, messageOf(thrown));
}

function missing(reference: string, why: string): Problem {
  return new Problem("bad_config", `Cannot find key "${reference}": ${why}`, {
    hint: "Set it and start the daemon again: jamey restart",
  });
}
