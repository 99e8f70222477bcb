// Words of a command with their quoting resolved but not forgotten: what was quoted is marked, so that a quoted star
// stays a star, and what only the shell can know is a hole.

/** Stands for text that is not known before the command runs. */
export const hole = "\u{F0000}";
const quotedFrom = 0xF0100;
/** Every character that could mean something to the shell when it is not quoted, as it is written when it is. */
const quotedOf = Array.from(
  { length: 0x80 },
  (_, code) => /\w/.test(String.fromCharCode(code)) ? null : String.fromCodePoint(quotedFrom + code),
);
const ours = /[\u{F0000}-\u{F017F}]/gu;
/** In UTF-16 each character of ours begins with this half, and those that were quoted end with this one or a later one. */
const oursBegin = "\uDB80";
const quotedEnd = 0xDD00;
const glob = /[*?]|\[.+\]/;
/** Brace groups that the shell leaves as they are: `{}`, `@{u}`. */
const literalBraces = /\{[\w-]*\}/g;
const bracesMax = 64;

/** Text as it is inside quotes. */
export function quoted(text: string): string {
  let marked = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const instead = quotedOf[text.charCodeAt(at)] ?? null;
    if (instead === null) continue;
    marked += text.slice(from, at) + instead;
    from = at + 1;
  }
  return from === 0 ? text : marked + text.slice(from);
}

/** The word as the program gets it; holes stay holes. */
export function unquoted(word: string): string {
  let text = "";
  let from = 0;
  for (let at = word.indexOf(oursBegin); at >= 0; at = word.indexOf(oursBegin, at + 1)) {
    const code = word.charCodeAt(at + 1) - quotedEnd;
    if (!(code >= 0 && code < 0x80)) continue;
    text += word.slice(from, at) + String.fromCharCode(code);
    from = at + 2;
  }
  return from === 0 ? word : text + word.slice(from);
}

/** A source without characters that we use ourselves. */
export function withoutMarks(source: string): string {
  return source.replace(ours, "");
}

export function hasGlob(word: string): boolean {
  return glob.test(word);
}

export function hasBraces(word: string): boolean {
  return /[{}]/.test(word.replace(literalBraces, ""));
}

/** The words that `a{b,c}` stands for. Ranges and what is too much become holes. */
export function expandBraces(word: string): string[] {
  if (!word.includes("{")) return [word];
  let words = [word];
  for (let round = 0; round < bracesMax && words.length <= bracesMax; round++) {
    const next = words.flatMap((each) => {
      const group = /\{([^{}]*)\}/.exec(each.replace(literalBraces, (text) => quoted(text)));
      if (group === null) return [each];
      const plain = each.replace(literalBraces, (text) => quoted(text));
      const inside = group[1] ?? "";
      const parts = inside.includes(",") ? inside.split(",") : [hole];
      const after = plain.slice(group.index + group[0].length);
      return parts.map((part) => plain.slice(0, group.index) + part + after);
    });
    if (next.length === words.length && next.every((each, index) => each === words[index])) return words;
    words = next;
  }
  return words.length > bracesMax ? [hole] : words;
}
