// Takes secrets out of text that leaves this machine's own files: those that services mark, and those that words mark.
// By patterns, so it can miss one and can hit what is none; what we know for sure never got into the log.
import { secretPatterns } from "./patterns.ts";

/** Looked through together: each look costs a little, however short the text. */
const chunkCharsMax = 256 * 1024;
/** Values that a rule names are looked for everywhere when they have so many characters. */
const valueCharsMin = 8;
const between = "\n\n";

export interface Redacted {
  /** One for each text that was given. */
  texts: string[];
  /** How many pieces were replaced, by what they were. */
  found: Record<string, number>;
}

interface Span {
  from: number;
  to: number;
  what: string;
}

/** Every text with its secrets replaced by `[redacted: what it was]`. Loads its rules when it is first called. */
export async function redactTexts(texts: readonly string[]): Promise<Redacted> {
  const redacted: Redacted = { texts: [], found: {} };
  for (const chunk of chunksOf(texts)) {
    const whole = chunk.join(between);
    const spans = merge([...spansOfPatterns(whole), ...await spansOfRules(whole)]);
    let at = 0;
    for (const text of chunk) {
      redacted.texts.push(replaceIn(text, at, { spans, found: redacted.found }));
      at += text.length + between.length;
    }
  }
  return redacted;
}

function* chunksOf(texts: readonly string[]): Generator<string[]> {
  let [chunk, chars]: [string[], number] = [[], 0];
  for (const text of texts) {
    if (chunk.length > 0 && chars + text.length > chunkCharsMax) {
      yield chunk;
      [chunk, chars] = [[], 0];
    }
    chunk.push(text);
    chars += text.length + between.length;
  }
  if (chunk.length > 0) yield chunk;
}

function spansOfPatterns(text: string): Span[] {
  return secretPatterns.flatMap(({ what, pattern }) =>
    [...text.matchAll(pattern)].map((match) => {
      const secret = match.groups?.["secret"] ?? match[0];
      // What is secret stands at the end of what surrounds it, but for a closing quote or sign.
      const from = match.index + match[0].lastIndexOf(secret);
      return { from, to: from + secret.length, what };
    })
  );
}

async function spansOfRules(text: string): Promise<Span[]> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  const id = "@secretlint/secretlint-rule-preset-recommend";
  const { messages } = await lintSource({
    source: { content: text, filePath: "text.txt", ext: ".txt", contentType: "text" },
    options: { config: { rules: [{ id, rule: creator }] }, noPhysicFilePath: true },
  });
  return messages.flatMap(({ range: [from, to], ruleId, data }) => {
    const what = ruleId.replace(/^.*secretlint-rule-/, "");
    return [{ from, to, what }, ...valuesIn(data).flatMap((value) => placesOf(value, text, what))];
  });
}

/** A rule may give the place of the name before a secret; the secret itself is among the words of its message. */
function valuesIn(data: unknown): string[] {
  if (typeof data !== "object" || data === null) return [];
  return Object.values(data).filter((value): value is string =>
    typeof value === "string" && value.length >= valueCharsMin
  );
}

function placesOf(value: string, text: string, what: string): Span[] {
  const places: Span[] = [];
  for (let from = text.indexOf(value); from >= 0; from = text.indexOf(value, from + value.length)) {
    places.push({ from, to: from + value.length, what });
  }
  return places;
}

/** Sorted, and those that touch made one. */
function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from || other.to - one.to)) {
    const last = merged.at(-1);
    if (last === undefined || span.from >= last.to) merged.push({ ...span });
    else last.to = Math.max(last.to, span.to);
  }
  return merged;
}

function replaceIn(
  text: string,
  at: number,
  { spans, found }: { spans: readonly Span[]; found: Record<string, number> },
): string {
  const end = at + text.length;
  let [clean, done] = ["", 0];
  for (const { from, to, what } of spans) {
    if (to <= at || from >= end) continue;
    clean += `${text.slice(done, Math.max(0, from - at))}[redacted: ${what}]`;
    done = Math.min(text.length, to - at);
    found[what] = (found[what] ?? 0) + 1;
  }
  return done === 0 ? text : clean + text.slice(done);
}
