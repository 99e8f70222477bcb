// From the text that an agent or a tool gave to the output of its node.
import { type JsonValue, jsonValue } from "../protocol/json.ts";
import type { InnerNode } from "./definition.ts";
import { kindOf } from "./evaluate.ts";

export type Output = { ok: true; output: JsonValue } | { ok: false; error: string };
type FieldTypes = NonNullable<(InnerNode & { kind: "agent" })["fields"]>;

/** Whether the node promises JSON. */
export function givesJson(node: InnerNode & { kind: "agent" | "tool" }): boolean {
  return node.output === "json" || (node.kind === "agent" && node.fields !== undefined);
}

/** The output, or why the text is none: what the node's failure says. Of JSON with `fields` only those are kept. */
export function readOutput(node: InnerNode & { kind: "agent" | "tool" }, text: string): Output {
  if (!givesJson(node)) return { ok: true, output: text };
  const found = jsonIn(text);
  if (found === undefined) return { ok: false, error: "its answer is not JSON" };
  const fields = node.kind === "agent" ? node.fields : undefined;
  return fields === undefined ? { ok: true, output: found } : pick(found, fields);
}

/** What an agent that must give JSON is told at the end of its prompt. */
export function outputWords(node: InnerNode & { kind: "agent" }): string {
  if (!givesJson(node)) return "";
  const fields = Object.entries(node.fields ?? {}).map(([name, type]) =>
    `"${name}": ${
      Array.isArray(type) ? `one of ${type.map((text) => JSON.stringify(text)).join(", ")}` : type
    }`
  );
  const object = fields.length === 0 ? "" : `: an object with ${fields.join("; ")}`;
  return `Your last message must be JSON and nothing else${object}.`;
}

/** The text as JSON, or the one fenced block in it that models like to put around JSON. */
function jsonIn(text: string): JsonValue | undefined {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  const open = text.indexOf("```");
  const close = text.lastIndexOf("```");
  if (open < 0 || close <= open) return undefined;
  return parse(text.slice(text.indexOf("\n", open) + 1, close));
}

function parse(text: string): JsonValue | undefined {
  try {
    return jsonValue.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function pick(value: JsonValue, fields: FieldTypes): Output {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, error: `its answer is ${kindOf(value)}, expected an object` };
  }
  const wrong = Object.entries(fields).flatMap(([name, type]) => {
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    if (found === undefined) return [`"${name}" is missing`];
    if (Array.isArray(type)) {
      return typeof found === "string" && type.includes(found)
        ? []
        : [`"${name}" is none of ${type.map((text) => JSON.stringify(text)).join(", ")}`];
    }
    return type === "any" || typeOf(found) === type
      ? []
      : [`"${name}" is ${kindOf(found)}, expected ${type}`];
  });
  if (wrong.length > 0) return { ok: false, error: `in its answer ${wrong.join(", ")}` };
  return {
    ok: true,
    output: Object.fromEntries(Object.keys(fields).map((name) => [name, value[name] ?? null])),
  };
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
