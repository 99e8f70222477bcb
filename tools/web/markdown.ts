// HTML to Markdown by turndown, behind a bound on what it is given.
import { cleanHtml } from "./clean_html.ts";

export interface MarkdownPage {
  title: string;
  markdown: string;
  cut: boolean;
}

/** Synchronous inside; what reaches the parser is bounded, so that it takes about a second at the worst. */
export async function toMarkdown(html: string, base: URL | null): Promise<MarkdownPage> {
  const { default: Turndown } = await import("turndown");
  const page = cleanHtml(html, base);
  const turndown = new Turndown({ headingStyle: "atx", codeBlockStyle: "fenced", bulletListMarker: "-" });
  turndown.addRule("cell", {
    filter: ["td", "th"],
    replacement: (text) => ` ${text.trim().replace(/\s*\n\s*/g, " ")} |`,
  });
  turndown.addRule("row", { filter: "tr", replacement: (text, node) => row(text.trim(), node.firstChild) });
  turndown.addRule("table", { filter: "table", replacement: (text) => `\n\n${text.trim()}\n\n` });
  const markdown = turndown.turndown(page.html).replace(/\n{3,}/g, "\n\n").trim();
  return { title: decodeTitle(page.title), markdown, cut: page.cut };
}

/** Markdown wants a line of dashes under the heads of columns. */
function row(text: string, first: { nodeName: string } | null): string {
  const cells = text.split("|").length - 1;
  const rule = first?.nodeName === "TH" && cells <= columnsMax ? `|${" --- |".repeat(cells)}\n` : "";
  return `|${text}\n${rule}`;
}

const columnsMax = 100;
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  nbsp: " ",
};

function decodeTitle(title: string): string {
  return title.replace(/&([a-z#0-9]{1,8});/g, (whole, name) => entities[String(name)] ?? whole).replace(
    /\s+/g,
    " ",
  );
}
