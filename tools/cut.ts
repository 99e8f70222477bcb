// Shortens long output to its head and its tail, with one line between them that says what is missing.

/** `text` in at most `charsMax` characters (plus the line that tells of the cut); never splits a surrogate pair. */
export function cutMiddle(text: string, charsMax: number): { text: string; cut: boolean } {
  if (text.length <= charsMax) return { text, cut: false };
  const head = wholeHead(text.slice(0, Math.ceil(charsMax / 2)));
  const tail = wholeTail(text.slice(text.length - Math.floor(charsMax / 2)));
  const missing = text.length - head.length - tail.length;
  return { text: `${head}\n[... ${missing} characters left out of ${text.length} ...]\n${tail}`, cut: true };
}

/** Drops half a surrogate pair at the end. */
export function wholeHead(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** Drops half a surrogate pair at the start. */
export function wholeTail(text: string): string {
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text;
}
