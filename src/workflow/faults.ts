// What is wrong with a workflow file: where, in which field, and what to do. The complaints of the schema are put into words here.
import type { z } from "zod";
import { nearest } from "../config/nearest.ts";

export type Path = readonly (string | number)[];

export interface Fault {
  file: string;
  /** Counted from 1. */
  line: number;
  column: number;
  /** `nodes.review.prompt`, `edges[2].when`; empty for the whole file. */
  field: string;
  what: string;
}

/** `review.yaml:12:5 nodes.review.prompt: is missing, add a text` */
export function faultText({ file, line, column, field, what }: Fault): string {
  return `${file}:${line}:${column} ${field === "" ? "" : `${field}: `}${what}`;
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const keyCharsMax = 80;

/** A path as a person would write it. */
export function fieldText(path: Path): string {
  return path.map((key, index) => {
    if (typeof key === "number") return `[${key}]`;
    if (!plainKey.test(key)) return `[${JSON.stringify(key.slice(0, keyCharsMax))}]`;
    return index === 0 ? key.slice(0, keyCharsMax) : `.${key.slice(0, keyCharsMax)}`;
  }).join("");
}

export interface Complaint {
  path: Path;
  what: string;
}

/** The complaints behind one issue of the schema about this value. */
export function complaintsOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): Complaint[] {
  const path = issue.path.map((key) => typeof key === "symbol" ? String(key) : key);
  const one = (what: string) => [{ path, what }];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path, value);
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        const fix = near === undefined
          ? `remove it, known are ${known.join(", ")}`
          : `did you mean "${near}"?`;
        return { path: [...path, key], what: `is not known here, ${fix}` };
      });
    }
    case "invalid_type":
      return one(
        issue.message.includes("received undefined")
          ? `is missing, add ${aKind(issue.expected)}`
          : `is ${aKind(/received (\w+)/.exec(issue.message)?.[1] ?? "else")}, expected ${
            aKind(issue.expected)
          }`,
      );
    case "invalid_value":
      return one(`is none of ${issue.values.map((choice) => `"${String(choice)}"`).join(", ")}`);
    case "too_small":
      return one(issue.origin === "string" ? "is empty" : `is too small, at least ${issue.minimum}`);
    case "too_big":
      return one(`is too ${issue.origin === "number" ? "large" : "long"}, at most ${issue.maximum}`);
    case "invalid_union":
      return one(
        issue.discriminator === undefined
          ? issue.message
          : `is missing or none of ${choicesAt(schema, path, value).map((kind) => `"${kind}"`).join(", ")}`,
      );
    case "invalid_key":
      return one(issue.issues[0]?.message ?? "is no name");
    default:
      return one(issue.message);
  }
}

function aKind(kind: string): string {
  const words: Record<string, string> = {
    string: "a text",
    int: "a whole number",
    NaN: "not a number",
    record: "a table of names and values",
    object: "a table of names and values",
    array: "a list",
    boolean: "true or false",
    null: "nothing",
    else: "something else",
  };
  return words[kind] ?? `a ${kind}`;
}

function keysAt(schema: unknown, path: Path, value: unknown): string[] {
  const { shape } = definitionOf(schemaAt(schema, path, value));
  return isTable(shape) ? Object.keys(shape) : [];
}

/** The kinds that the union at the path of its discriminator knows. */
function choicesAt(schema: unknown, path: Path, value: unknown): string[] {
  const key = path.at(-1) ?? "";
  const { options } = definitionOf(unwrap(pathDown(schema, path.slice(0, -1), value).schema));
  if (!Array.isArray(options)) return [];
  return options.flatMap((option) => {
    const { values } = definitionOf(childOf(option, key));
    return Array.isArray(values) ? values.map(String) : [];
  });
}

function schemaAt(schema: unknown, path: Path, value: unknown): unknown {
  const found = pathDown(schema, path, value);
  return choose(unwrap(found.schema), found.value);
}

function pathDown(schema: unknown, path: Path, value: unknown): { schema: unknown; value: unknown } {
  let here = { schema, value };
  for (const key of path) {
    const inside = isTable(here.value) || Array.isArray(here.value)
      ? Reflect.get(here.value, key)
      : undefined;
    here = { schema: childOf(choose(unwrap(here.schema), here.value), key), value: inside };
  }
  return here;
}

/** Of a union the option that the value says it is. */
function choose(schema: unknown, value: unknown): unknown {
  const { options, discriminator } = definitionOf(schema);
  if (!Array.isArray(options) || typeof discriminator !== "string" || !isTable(value)) return schema;
  return options.find((option) => {
    const { values } = definitionOf(childOf(option, discriminator));
    return Array.isArray(values) && values.includes(value[discriminator]);
  });
}

function childOf(schema: unknown, key: PropertyKey): unknown {
  const { shape, valueType, element } = definitionOf(schema);
  return isTable(shape) ? Reflect.get(shape, key) : valueType ?? element;
}

/** The schema inside optionals, defaults and those that are looked up late. */
function unwrap(schema: unknown): unknown {
  const { innerType, getter } = definitionOf(schema);
  if (innerType !== undefined) return unwrap(innerType);
  return typeof getter === "function" ? unwrap(getter()) : schema;
}

function definitionOf(schema: unknown): Record<string, unknown> {
  if (!isTable(schema)) return {};
  const { def } = schema;
  return isTable(def) ? { ...def } : {};
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
