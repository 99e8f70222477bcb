// The configuration for people: no secret is in it, whatever somebody wrote into it.
import { looksSecret, referenceIn } from "../providers/reference.ts";
import type { Environment } from "./environment.ts";
import { referencesOf } from "./keys.ts";
import type { Config } from "./schema.ts";

const hidden = "[hidden]";
/** Shorter values of variables may be part of any word. */
const secretCharsMin = 6;

/** A copy to print: references stay, literal values of environments and headers and all known secrets are hidden. */
export function printable(config: Config, env: Environment): Record<string, unknown> {
  const known = referencesOf(config).flatMap(({ reference }) => {
    const value = reference.store === "env" ? env[reference.name]?.trim() ?? "" : "";
    return value.length >= secretCharsMin ? [value] : [];
  });
  const hide = (value: unknown): unknown => {
    if (typeof value === "string") return looksSecret(value) ? hidden : without(value, known);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hide(inner)]));
  };
  const shown = { ...config, mcp: mapValues(config.mcp, hideOwn), tools: mapValues(config.tools, hideOwn) };
  return mapValues(shown, hide);
}

/** Headers and variables are where people put passwords that look like words. */
function hideOwn(entry: object): object {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) =>
      key === "headers" || key === "env" ? [key, mapValues(value, onlyReference)] : [key, value]
    ),
  );
}

function onlyReference(value: unknown): unknown {
  return typeof value === "string" && referenceIn(value) !== null ? value : hidden;
}

function mapValues<T>(
  table: Readonly<Record<string, T>>,
  change: (value: T) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]));
}

function without(text: string, known: readonly string[]): string {
  return known.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
}
