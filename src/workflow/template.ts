// Templates: texts with `{{ expressions }}`. One that is a single expression keeps the type of its value; `{{ "{{" }}` is how
// two braces are written.
import type { JsonObject, JsonValue } from "../protocol/json.ts";
import { valueCharsMax } from "./bounds.ts";
import type { Scope } from "./definition.ts";
import { evaluate } from "./evaluate.ts";
import { type Expression, parseUntilClose } from "./expression.ts";
import { textOf } from "./filters.ts";
import { TemplateFault } from "./tokens.ts";

export { TemplateFault } from "./tokens.ts";

/** Text and expressions in their order; throws a TemplateFault. */
export function parseTemplate(text: string): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  for (let at = 0; at < text.length;) {
    const open = text.indexOf("{{", at);
    const plain = text.slice(at, open < 0 ? text.length : open);
    if (plain !== "") parts.push(plain);
    if (open < 0) break;
    const { expression, end } = parseUntilClose(text, open + 2);
    parts.push(expression);
    at = end;
  }
  return parts;
}

/** The expression that a template is, when there is nothing else in it but white space. */
export function onlyExpression(parts: readonly (string | Expression)[]): Expression | undefined {
  const [only, ...more] = parts.filter((part) => typeof part !== "string" || part.trim() !== "");
  return more.length === 0 && typeof only === "object" ? only : undefined;
}

/** Fills every text inside a value; keys stay as they are. Throws a TemplateFault. */
export function fill(value: JsonValue, scope: Scope): JsonValue {
  if (typeof value === "string") return fillOne(value, scope);
  if (Array.isArray(value)) return value.map((item) => fill(item, scope));
  return typeof value === "object" && value !== null ? fillObject(value, scope) : value;
}

/** As `fill`, for objects. */
export function fillObject(value: JsonObject, scope: Scope): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, scope)]));
}

/** Fills a template that stands for a text: what it gives is made one. Throws a TemplateFault. */
export function fillText(text: string, scope: Scope): string {
  return textOf(fillOne(text, scope));
}

function fillOne(text: string, scope: Scope): JsonValue {
  const parts = parseTemplate(text);
  const only = onlyExpression(parts);
  if (only !== undefined) return evaluate(only, scope);
  let filled = "";
  for (const part of parts) {
    filled += typeof part === "string" ? part : textOf(evaluate(part, scope));
    if (filled.length > valueCharsMax) {
      throw new TemplateFault(`what it gives is longer than ${valueCharsMax} characters`, 0);
    }
  }
  return filled;
}
