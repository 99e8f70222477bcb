// What a run is given: defaults filled in, types checked, unknown names refused, all before anything runs.
import { nearest } from "../config/nearest.ts";
import { type JsonObject, type JsonValue, jsonValue } from "../protocol/json.ts";
import type { InputSpec, WorkflowDefinition } from "./definition.ts";
import { kindOf } from "./evaluate.ts";

export type Inputs = { ok: true; inputs: JsonObject } | { ok: false; faults: string[] };

/** All inputs of a run, or what is wrong with those that were given. */
export function takeInputs({ inputs: specs }: Pick<WorkflowDefinition, "inputs">, given: JsonObject): Inputs {
  const faults = [
    ...Object.keys(given).filter((name) => !Object.hasOwn(specs, name)).map((name) =>
      unknownInput(name, Object.keys(specs))
    ),
    ...Object.entries(specs).flatMap(([name, spec]) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (value === undefined) {
        return isRequired(spec) ? [`input "${name}" is missing, expected ${typeWords[spec.type]}`] : [];
      }
      return fits(spec, value)
        ? []
        : [`input "${name}" is ${kindOf(value)}, expected ${typeWords[spec.type]}`];
    }),
  ];
  if (faults.length > 0) return { ok: false, faults };
  const inputs = Object.entries(specs).map(([name, spec]) => [name, given[name] ?? spec.default ?? null]);
  return { ok: true, inputs: Object.fromEntries(inputs) };
}

export function isRequired({ default: preset, required }: InputSpec): boolean {
  return preset === undefined && required !== false;
}

export function fits({ type, required }: InputSpec, value: JsonValue): boolean {
  if (type === "json" || (value === null && required === false)) return true;
  const kind: string = typeof value;
  return kind === type;
}

export function unknownInput(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const help = near !== undefined
    ? `did you mean "${near}"?`
    : known.length === 0
    ? "it has none"
    : `known are ${known.map((one) => `"${one}"`).join(", ")}`;
  return `there is no input "${name}", ${help}`;
}

export const typeWords: Readonly<Record<InputSpec["type"], string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  json: "JSON",
};

/** A value from the command line, by the type of its input; undefined when it is none of that type. */
export function inputFromText(spec: InputSpec, text: string): JsonValue | undefined {
  if (spec.type === "string") return text;
  try {
    const value = jsonValue.parse(JSON.parse(text));
    return fits(spec, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
