// A strict reader of the XML that the tests meet: it throws at whatever is not well-formed, and says what is inside.

export interface Xml {
  /** How often each element stands there. */
  elements: Map<string, number>;
  attributes: string[];
  texts: string[];
  titles: string[];
}

const name = "[A-Za-z][A-Za-z0-9-]*";
const attribute = `\\s+(${name})="([^"<&]|&(amp|lt|gt|quot|#39);)*"`;
const opening = new RegExp(`<(${name})((?:${attribute})*)\\s*(/?)>`, "y");
const closing = new RegExp(`</(${name})>`, "y");
const content = /(?:[^<&>]|&(?:amp|lt|gt|quot|#39);)+/y;
// The characters of XML 1.0 and nothing else.
const foreign = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const entities: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

export function readXml(text: string): Xml {
  if (foreign.test(text)) throw new Error("It holds characters that XML does not know");
  const found: Xml = { elements: new Map(), attributes: [], texts: [], titles: [] };
  const open: string[] = [];
  let at = 0;
  const stick = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    const begin = stick(opening);
    if (begin !== null) {
      const [, element = "", attributes = ""] = begin;
      found.elements.set(element, (found.elements.get(element) ?? 0) + 1);
      found.attributes.push(...[...attributes.matchAll(/\s([A-Za-z-]+)=/g)].map(([, key]) => key ?? ""));
      if (!begin[0].endsWith("/>")) open.push(element);
      continue;
    }
    const end = stick(closing);
    if (end !== null) {
      if (open.pop() !== end[1]) throw new Error(`"${end[0]}" closes what is not open, at ${at}`);
      continue;
    }
    const plain = stick(content);
    if (plain === null) throw new Error(`It is no XML at ${at}: ${text.slice(at, at + 40)}`);
    const words = plain[0].replace(/&[^;]+;/g, (entity) => entities[entity] ?? "");
    if (open.at(-1) === "text") found.texts.push(words);
    else if (open.at(-1) === "title") found.titles.push(words);
    else if (words.trim() !== "") throw new Error(`There is text outside of texts: ${words}`);
  }
  if (open.length > 0) throw new Error(`"${open.join(", ")}" is not closed`);
  return found;
}
