// What a schema's complaint means to whoever wrote the file: which key, what is wrong with it, what to do. Values are never
// repeated, because any of them may be a secret.
import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { pathText } from "./toml_places.ts";

export interface Located {
  path: PropertyKey[];
  what: string;
}

/** The faults behind one issue of this schema. */
export function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Located[] {
  const name = `"${pathText(issue.path)}"`;
  const one = (what: string) => [{ path: issue.path, what }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const fix = belongsIn(key, schema, issue.path) ?? meant(key, knownKeys(schema, issue.path)) ??
          "remove it";
        return {
          path: [...issue.path, key],
          what: `"${pathText([...issue.path, key])}" is not a known key; ${fix}`,
        };
      });
    case "invalid_type":
      return one(
        issue.input === undefined && /received undefined/.test(issue.message)
          ? `${name} is missing, expected ${aKind(issue.expected)}`
          : `${name} is ${received(issue.message)}, expected ${aKind(issue.expected)}`,
      );
    case "invalid_value":
      return one(`${name} is none of ${issue.values.map((value) => `"${String(value)}"`).join(", ")}`);
    case "too_small":
      return one(`${name} is too small or too short, expected at least ${issue.minimum}`);
    case "too_big":
      return one(`${name} is too large or too long, expected at most ${issue.maximum}`);
    case "invalid_union":
      return one(unionFault(issue, name, schemaAt(schema, issue.path.slice(0, -1))));
    case "invalid_key":
      return one(
        issue.issues[0] === undefined ? `${name} is no valid name` : `${name} ${issue.issues[0].message}`,
      );
    default:
      return one(issue.path.length === 0 ? issue.message : `${name} ${issue.message}`);
  }
}

function meant(key: string, known: readonly string[]): string | undefined {
  const near = nearest(key, known);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** Of a key that stands outside of the one section that has it. */
function belongsIn(key: string, schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  const having = knownKeys(schema, path).filter((section) =>
    knownKeys(schema, [...path, section]).includes(key)
  );
  const [section] = having;
  return section === undefined || having.length > 1
    ? undefined
    : `it belongs in [${pathText([...path, section])}]`;
}

function unionFault(issue: z.core.$ZodIssueInvalidUnion, name: string, at: unknown): string {
  const { discriminator } = issue;
  if (discriminator === undefined) return `${name} ${issue.message}`;
  const choices = choicesOf(definitionOf(at), discriminator).map((choice) => `"${choice}"`).join(", ");
  return `${name} is missing or of no known kind, expected ${choices}`;
}

/** "string" of "Invalid input: expected number, received string". */
function received(message: string): string {
  const kind = /received (\w+)/.exec(message)?.[1] ?? "something else";
  return aKind(kind);
}

function aKind(kind: string): string {
  const words: Record<string, string> = {
    int: "a whole number",
    NaN: "not a number",
    record: "a table",
    object: "a table",
    array: "a list",
    boolean: "true or false",
    undefined: "missing",
    TomlDate: "a date (put it between double quotes)",
  };
  return words[kind] ?? `a ${kind}`;
}

function choicesOf({ options }: Record<string, unknown>, discriminator: string): string[] {
  if (!Array.isArray(options)) return [];
  return options.flatMap((option) => {
    const { values } = definitionOf(childOf(option, discriminator));
    return Array.isArray(values) ? values.map(String) : [];
  });
}

/** The keys that a table at this path may have. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return keysIn(schemaAt(schema, path));
}

function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((here: unknown, key) => unwrap(childOf(here, key)), unwrap(schema));
}

function keysIn(schema: unknown): string[] {
  const { shape, options } = definitionOf(schema);
  if (Array.isArray(options)) return options.flatMap((option) => keysIn(unwrap(option)));
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

function childOf(schema: unknown, key: PropertyKey): unknown {
  const { shape, valueType, element } = definitionOf(schema);
  if (typeof shape === "object" && shape !== null) return Reflect.get(shape, key);
  return valueType ?? element;
}

/** The schema inside defaults and optionals. */
function unwrap(schema: unknown): unknown {
  const { innerType } = definitionOf(schema);
  return innerType === undefined ? schema : unwrap(innerType);
}

function definitionOf(schema: unknown): Record<string, unknown> {
  if (typeof schema !== "object" || schema === null || !("def" in schema)) return {};
  const { def } = schema;
  return typeof def === "object" && def !== null ? { ...def } : {};
}
