// Where things stand in the text of a JSON document, so that a part can be replaced and every other byte stays.
// Only for text that has been parsed before: nothing is checked here.

/** From the first character of a value to the one after its last. */
export interface Span {
  start: number;
  end: number;
}

/** The value of a member of the object there; the last one of that name, as `JSON.parse` takes it. */
export function memberSpan(text: string, object: Span, name: string): Span | null {
  let found: Span | null = null;
  for (let at = skipBlank(text, object.start + 1); text[at] !== "}";) {
    const key = valueSpan(text, at);
    const value = valueSpan(text, skipBlank(text, skipBlank(text, key.end) + 1));
    if (JSON.parse(text.slice(key.start, key.end)) === name) found = value;
    at = skipBlank(text, value.end);
    if (text[at] === ",") at = skipBlank(text, at + 1);
  }
  return found;
}

export function elementSpans(text: string, array: Span): Span[] {
  const spans: Span[] = [];
  for (let at = skipBlank(text, array.start + 1); text[at] !== "]";) {
    const value = valueSpan(text, at);
    spans.push(value);
    at = skipBlank(text, value.end);
    if (text[at] === ",") at = skipBlank(text, at + 1);
  }
  return spans;
}

/** The value that begins at or after `at`, behind blanks. */
export function valueSpan(text: string, at: number): Span {
  const start = skipBlank(text, at);
  const first = text[start];
  if (first === '"') return { start, end: stringEnd(text, start) };
  if (first !== "{" && first !== "[") {
    const rest = /[,\]}\s]/g;
    rest.lastIndex = start;
    return { start, end: rest.exec(text)?.index ?? text.length };
  }
  let [depth, end] = [0, start];
  do {
    const character = text[end];
    if (character === '"') {
      end = stringEnd(text, end);
      continue;
    }
    if (character === "{" || character === "[") depth++;
    if (character === "}" || character === "]") depth--;
    end++;
  } while (depth > 0 && end < text.length);
  return { start, end };
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function skipBlank(text: string, at: number): number {
  let next = at;
  while (" \t\r\n\ufeff".includes(text.charAt(next)) && next < text.length) next++;
  return next;
}
