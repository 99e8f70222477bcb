// Filters: what a template may do with a value after `|`. `default` is not here, because it also stands in for what is missing.
import { type JsonValue, jsonValue } from "../protocol/json.ts";
import { boundsFault } from "./bounds.ts";
import { TemplateFault } from "./tokens.ts";

/** Name, and how many arguments in brackets. */
export const filterArguments: Readonly<Record<string, readonly [least: number, most: number]>> = {
  default: [1, 1],
  json: [0, 0],
  parse: [0, 0],
  trim: [0, 0],
  lines: [0, 0],
  join: [0, 1],
  length: [0, 0],
};

/** Throws a TemplateFault for a value that the filter is not for. */
export function applyFilter(
  name: string,
  value: JsonValue,
  args: readonly JsonValue[],
  at: number,
): JsonValue {
  const wrong = (wanted: string) => new TemplateFault(`the filter "${name}" needs ${wanted}`, at);
  switch (name) {
    case "json":
      return written(value, at);
    case "parse":
      if (typeof value !== "string") throw wrong("a text");
      return parsed(value, at);
    case "trim":
      if (typeof value !== "string") throw wrong("a text");
      return value.trim();
    case "lines":
      if (typeof value !== "string") throw wrong("a text");
      return value.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
    case "join":
      if (!Array.isArray(value)) throw wrong("a list");
      return joined(value, args[0] ?? "\n", at);
    case "length":
      if (typeof value !== "string" && !Array.isArray(value)) throw wrong("a text or a list");
      return value.length;
    default:
      throw new TemplateFault(
        `there is no filter "${name}", known are ${Object.keys(filterArguments).join(", ")}`,
        at,
      );
  }
}

/** A value as it stands in a text: texts as they are, null as nothing, lists and objects as JSON. */
export function textOf(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "object" ? written(value, 0) : String(value);
}

function written(value: JsonValue, at: number): string {
  const fault = boundsFault(value);
  if (fault !== null) throw new TemplateFault(`this cannot be written as a text: ${fault}`, at);
  return JSON.stringify(value);
}

function joined(items: readonly JsonValue[], between: JsonValue, at: number): string {
  const fault = boundsFault(items.flatMap((item) => [item, between]));
  if (fault !== null) throw new TemplateFault(`this cannot be joined: ${fault}`, at);
  return items.map(textOf).join(textOf(between));
}

function parsed(text: string, at: number): JsonValue {
  try {
    // A number without end and a name that reaches a prototype are none either.
    return jsonValue.parse(JSON.parse(text));
  } catch {
    throw new TemplateFault("the text is not JSON", at);
  }
}
