// What a fetched body is for a model: Markdown, text, a picture, or a refusal that says what it is.
import { imageBytesMax, imageTypes } from "../../src/protocol/model_parts.ts";
import { Problem } from "../../src/protocol/problem.ts";
import type { ToolOutcome } from "../contract.ts";
import { cutMiddle } from "../cut.ts";
import { plainText } from "../plain_text.ts";
import type { Page } from "./fetch_page.ts";
import { toMarkdown } from "./markdown.ts";
import { pdfText } from "./pdf_text.ts";

export const pageCharsMax = 100_000;
const errorTextCharsMax = 2_000;

export async function contentOf(page: Page, signal: AbortSignal): Promise<ToolOutcome> {
  const picture = imageTypes.find((type) => type === page.contentType);
  const isRefused = page.status >= 400;
  if (picture !== undefined && !isRefused) return imageOf(page, picture);
  const { text, cut } = await textOf(page, signal);
  if (isRefused) {
    const error = `Cannot fetch "${page.url.href}": the server answered ${page.status}`;
    return { status: "failed", error, output: text.slice(0, errorTextCharsMax) };
  }
  const shown = cutMiddle(text, pageCharsMax);
  const note = cut ? "\n[the page is longer than what is read of one]" : "";
  return {
    status: "finished",
    output: `${page.url.href}\n\n${shown.text || "[the page is empty]"}${note}`,
    truncated: cut || shown.cut,
  };
}

function imageOf(page: Page, type: (typeof imageTypes)[number]): ToolOutcome {
  if (page.cut || page.bytes.length > imageBytesMax) throw tooLarge(page);
  const images = [{ media_type: type, data: page.bytes.toBase64() }];
  const output = `${page.url.href}\n\n[image, ${type}, ${page.bytes.length} bytes]`;
  return { status: "finished", output, truncated: false, images };
}

async function textOf(page: Page, signal: AbortSignal): Promise<{ text: string; cut: boolean }> {
  const type = page.contentType;
  if (type === "application/pdf") {
    if (page.cut) throw tooLarge(page);
    return await pdfText(page.bytes, page.url.href, signal);
  }
  const isText = type.startsWith("text/") || /[/+](json|xml|javascript|yaml|toml|x-ndjson|x-sh)$/.test(type);
  // Without a type, bytes that hold no zero are taken for text.
  if (!isText && !(type === "" && !page.bytes.includes(0))) throw notReadable(page);
  const text = decode(page);
  if (type !== "text/html" && type !== "application/xhtml+xml") {
    return { text: plainText(text), cut: page.cut };
  }
  const { title, markdown, cut } = await toMarkdown(text, page.url);
  return { text: plainText(title === "" ? markdown : `${title}\n\n${markdown}`), cut: cut || page.cut };
}

function decode(page: Page): string {
  const start = new TextDecoder("latin1").decode(page.bytes.subarray(0, 2_000));
  const charset = page.charset ||
    (/<meta[^>]{0,200}charset\s{0,8}=\s{0,8}["']?([\w-]{1,40})/i.exec(start)?.[1] ?? "");
  try {
    return new TextDecoder(charset || "utf-8").decode(page.bytes);
  } catch {
    return new TextDecoder().decode(page.bytes);
  }
}

function tooLarge(page: Page): Problem {
  const what = `it is ${page.contentType} of more than ${page.bytes.length} bytes`;
  return new Problem("payload_too_large", `Cannot read "${page.url.href}": ${what}, too large to read here`);
}

function notReadable(page: Page): Problem {
  const size = `${page.cut ? "more than " : ""}${page.bytes.length} bytes`;
  return new Problem(
    "unsupported_media_type",
    `Cannot read "${page.url.href}": it is "${page.contentType.slice(0, 100)}" of ${size}, ` +
      "neither text nor a picture nor a PDF",
  );
}
