// Takes secrets out of data: out of every text in it, and whole where the name of a field says what its value is.
import { secretField } from "./patterns.ts";
import { redactTexts } from "./redact_texts.ts";

const fieldCharsMin = 6;

/** Copies without secrets, in order, and how many pieces were replaced. Pictures stay as they are. */
export async function redactValues(
  values: readonly unknown[],
): Promise<{ values: unknown[]; found: Record<string, number> }> {
  const texts: string[] = [];
  values.forEach((value) => map(value, (text) => (texts.push(text), text)));
  const redacted = await redactTexts(texts);
  let next = 0;
  let fields = 0;
  const clean = values.map((value) =>
    map(value, (text, name) => {
      const plain = redacted.texts[next++] ?? "";
      const isSecret = name !== undefined && secretField.test(name) && text.length >= fieldCharsMin;
      if (!isSecret || plain !== text) return plain;
      fields++;
      return "[redacted: value]";
    })
  );
  return { values: clean, found: fields === 0 ? redacted.found : { ...redacted.found, field: fields } };
}

/** The value with every text replaced; always in the same order. */
function map(value: unknown, replace: (text: string, name?: string) => string, name?: string): unknown {
  if (typeof value === "string") return replace(value, name);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((inner) => map(inner, replace, name));
  if (isImage(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner, replace, key)]));
}

function isImage(value: object): boolean {
  return "media_type" in value && "data" in value && typeof value.data === "string" &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(value.data);
}
