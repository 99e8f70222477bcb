// Reduces a page to what a reader sees, as well-formed HTML of bounded size and depth: the parser behind it builds a tree,
// and a hostile page could make it build one without end.
import { scanHtml } from "./html_scanner.ts";

export const cleanCharsMax = 200_000;
export const tagsMax = 12_000;
export const depthMax = 48;
/** Each of these indents every line in it: the text grows with the product of both. Deeper ones become part of the outer. */
export const indentsMax = 8;
/** Scanning is fast, but not free. */
export const scannedCharsMax = 5 * 1024 * 1024;

const kept = new Set(
  `a p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre code blockquote em i strong b del table thead tbody tr th td
  div section article main figure figcaption img span sup sub`.split(/\s+/),
);
/** Blanks in a row, over the tags between them: patterns of the converter take the square of them in time. */
export const blanksMax = 100;
const blanks = /(?:\s|&(?:#0*(?:9|1[0-3]|32)(?!\d)|#x0*(?:9|[a-d]|20)(?![\da-f])|NewLine|Tab);?)+/gi;

const lists = ["ul", "ol"];
const indenting = new Set([...lists, "blockquote"]);
const empty = new Set(["br", "hr", "img"]);
/** Left out with everything in them: they are about the site, not about the page. */
const noise = new Set([
  "nav",
  "footer",
  "aside",
  "form",
  "button",
  "select",
  "dialog",
  "head",
  "object",
  "audio",
  "video",
]);
/** An opening tag ends an open one of these names before it. */
const endedBy: Readonly<Record<string, readonly string[]>> = {
  li: ["li"],
  dt: ["dt", "dd"],
  dd: ["dt", "dd"],
  tr: ["tr", "td", "th"],
  td: ["td", "th"],
  th: ["td", "th"],
};
const phrasing = new Set(["a", "br", "code", "em", "i", "strong", "b", "del", "img", "span", "sup", "sub"]);

export interface CleanPage {
  html: string;
  title: string;
  cut: boolean;
}

/** `base` makes links whole. */
export function cleanHtml(page: string, base: URL | null): CleanPage {
  const title = /<title[^>]{0,200}>([^<]{0,500})/i.exec(page.slice(0, 200_000))?.[1]?.trim() ?? "";
  const pieces: string[] = [];
  const open: string[] = [];
  let [size, tags, cut] = [0, 0, page.length > scannedCharsMax];
  const put = (text: string) => {
    pieces.push(text);
    size += text.length;
  };
  const closeTo = (depth: number) => {
    while (open.length > depth) put(`</${open.pop()}>`);
  };
  const skipped = openNoise();
  const fewBlanks = limitBlanks();
  const flattened = new Map<string, number>();
  for (const token of scanHtml(page.slice(0, scannedCharsMax))) {
    if (token.type !== "text" && skipped.takes(token.type, token.name)) continue;
    if (skipped.inside()) continue;
    if (size > cleanCharsMax || tags > tagsMax) {
      cut = true;
      break;
    }
    if (token.type === "text") {
      put(fewBlanks(token.text.slice(0, cleanCharsMax)));
      cut ||= token.text.length > cleanCharsMax;
      continue;
    }
    if (!kept.has(token.name)) continue;
    const flat = flattened.get(token.name) ?? 0;
    if (token.type === "close") {
      if (flat > 0) {
        flattened.set(token.name, flat - 1);
        continue;
      }
      // Items of a list that became part of the outer one end with the next of them, or with that list.
      if (token.name === "li" && lists.some((name) => (flattened.get(name) ?? 0) > 0)) continue;
      const depth = open.lastIndexOf(token.name);
      if (depth >= 0) closeTo(depth);
      continue;
    }
    if (indenting.has(token.name) && open.filter((name) => indenting.has(name)).length >= indentsMax) {
      flattened.set(token.name, flat + 1);
      continue;
    }
    closeImplied(token.name, open, closeTo);
    // An element too deep loses its tag and keeps its text.
    if (!empty.has(token.name) && open.length >= depthMax) continue;
    tags++;
    put(`<${token.name}${keptAttributes(token.name, token.attributes, base)}>`);
    if (!empty.has(token.name)) open.push(token.name);
  }
  closeTo(0);
  return { html: pieces.join(""), title, cut };
}

/** Passes text on with at most `blanksMax` blanks in a row, also where they are spread over several texts. */
function limitBlanks(): (text: string) => string {
  let row = 0;
  return (text) => {
    let end = 0;
    const limited = text.replace(blanks, (run, at: number) => {
      if (at > 0) row = 0;
      end = at + run.length;
      const room = Math.max(0, blanksMax - row);
      row += run.length;
      if (run.length <= room || room === 0) return room === 0 ? "" : run;
      return "\n".repeat(Math.min(room, run.split("\n").length - 1)) || " ";
    });
    if (end < text.length) row = 0;
    return limited;
  };
}

/** Counts how deep the scan is in what is left out; only tags of the outermost name count. */
function openNoise(): { takes(type: "open" | "close", name: string): boolean; inside(): boolean } {
  let name = "";
  let depth = 0;
  return {
    inside: () => depth > 0,
    takes(type, tag) {
      if (depth === 0 && type === "open" && noise.has(tag)) name = tag;
      else if (depth === 0 || tag !== name) return depth > 0;
      depth += type === "open" ? 1 : -1;
      return true;
    },
  };
}

function closeImplied(name: string, open: readonly string[], closeTo: (depth: number) => void): void {
  const ended = endedBy[name];
  if (ended !== undefined) {
    const fence = Math.max(...["ul", "ol", "dl", "table"].map((list) => open.lastIndexOf(list)));
    const depth = open.findIndex((other, index) => index > fence && ended.includes(other));
    if (depth >= 0) closeTo(depth);
  } else if (name === "a" && open.includes("a")) closeTo(open.lastIndexOf("a"));
  else if (!phrasing.has(name)) {
    const depth = open.lastIndexOf("p");
    if (depth >= 0) closeTo(depth);
  }
}

function keptAttributes(name: string, attributes: string, base: URL | null): string {
  if (name !== "a" && name !== "img") return "";
  const wanted = name === "a" ? ["href"] : ["src", "alt"];
  return wanted.map((key) => {
    const [, , double, single, bare] =
      new RegExp(`(^|[\\s"'/])${key}\\s{0,8}=\\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(
        attributes.slice(0, 20_000),
      ) ?? [];
    const value = double ?? single ?? bare ?? "";
    const shown = key === "alt" ? value.slice(0, 500) : wholeLink(value, base);
    return shown === "" ? "" : ` ${key}="${shown.replaceAll('"', "&quot;")}"`;
  }).join("");
}

/** Links to the web only: pictures that are in their own address, and scripts, are no use to a reader. */
function wholeLink(link: string, base: URL | null): string {
  const url = URL.parse(link.replaceAll("&amp;", "&"), base ?? undefined);
  if (url === null || !["http:", "https:", "mailto:"].includes(url.protocol)) return "";
  return url.href.length > 2_000 ? "" : url.href;
}
