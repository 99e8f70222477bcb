// Splits HTML into tags and text in one pass: no tree, no way back, so time grows with the length and nothing else.

export type HtmlToken =
  | { type: "text"; text: string }
  | { type: "open"; name: string; attributes: string }
  | { type: "close"; name: string };

/** What stands in these is not markup, and not for readers. */
const rawNames = new Set([
  "script",
  "style",
  "noscript",
  "iframe",
  "template",
  "textarea",
  "xmp",
  "title",
  "svg",
  "math",
]);
const nameStart = /[a-zA-Z]/;

export function* scanHtml(html: string): Generator<HtmlToken> {
  let at = 0;
  while (at < html.length) {
    const mark = html.indexOf("<", at);
    if (mark < 0) return yield { type: "text", text: html.slice(at) };
    if (mark > at) yield { type: "text", text: html.slice(at, mark) };
    const next = html[mark + 1] ?? "";
    if (next === "!" || next === "?") {
      at = html.startsWith("<!--", mark) ? after(html, "-->", mark + 4) : after(html, ">", mark);
    } else if (nameStart.test(next) || (next === "/" && nameStart.test(html[mark + 2] ?? ""))) {
      const end = tagEnd(html, mark);
      const token = tagOf(html.slice(mark, end));
      at = end;
      if (token.type === "open" && rawNames.has(token.name)) at = rawEnd(html, token.name, end);
      else yield token;
    } else {
      yield { type: "text", text: "<" };
      at = mark + 1;
    }
  }
}

/** The place behind the next `word`, or the end: what is never closed reaches to the end. */
function after(html: string, word: string, from: number): number {
  const found = html.indexOf(word, from);
  return found < 0 ? html.length : found + word.length;
}

/** Behind the `>` that ends the tag; one in quotes does not. */
function tagEnd(html: string, mark: number): number {
  const piece = /[>"']/g;
  piece.lastIndex = mark + 1;
  for (let found = piece.exec(html); found !== null; found = piece.exec(html)) {
    if (found[0] === ">") return piece.lastIndex;
    // Only a quote behind `=` opens a value; others are litter.
    if (!/=\s{0,8}$/.test(html.slice(Math.max(mark, found.index - 9), found.index))) continue;
    piece.lastIndex = after(html, found[0], piece.lastIndex);
  }
  return html.length;
}

function tagOf(tag: string): HtmlToken {
  const [, slash = "", name = ""] = /^<(\/?)([a-zA-Z][\w:-]{0,40})/.exec(tag) ?? [];
  if (slash !== "") return { type: "close", name: name.toLowerCase() };
  return { type: "open", name: name.toLowerCase(), attributes: tag.slice(1 + name.length, -1) };
}

function rawEnd(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}[\\s/>]`, "gi");
  close.lastIndex = from;
  return close.exec(html) === null ? html.length : after(html, ">", close.lastIndex - 1);
}
