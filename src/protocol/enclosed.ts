// Words of others inside what a model reads: between marks that say whose they are, and that the words cannot write.

/** Every mark that is used, opened or closed, also with blanks or invisible characters in it. */
const marks =
  /<(?=[\s\p{C}]*\/?[\s\p{C}]*(?:message|note|reminder|said|answer|critique|revision|review|conversation)(?![\w-]))/giu;

/** `<tag from="…">`, the words, and the end of it. What looks like a mark in the words is shown, and is none. */
export function enclosed(tag: string, words: string, from?: string): string {
  const by = from === undefined ? "" : ` from="${from.replace(/["<>\p{Cc}]/gu, "'")}"`;
  return `<${tag}${by}>\n${unmarked(words)}\n</${tag}>`;
}

export function unmarked(words: string): string {
  return words.replaceAll(marks, "&lt;");
}
