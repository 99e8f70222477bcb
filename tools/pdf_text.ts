// The text of a PDF, page by page. unpdf (pdf.js without a browser) knows the format; it is loaded when first needed.
import { messageOf, Problem } from "../src/protocol/problem.ts";
import { cutMiddle } from "./cut.ts";
import { assertModestStreams } from "./pdf_streams.ts";
import { plainText } from "./plain_text.ts";

export const pdfPagesMax = 50;
const pageCharsMax = 50_000;

export interface PdfShown {
  output: string;
  truncated: boolean;
}

export interface PdfOptions {
  given: string;
  /** `3`, `2-5` or `7-`, counted from 1. */
  pages?: string | undefined;
  charsMax: number;
  signal: AbortSignal;
}

export function isPdf(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, 5)) === "%PDF-";
}

/** A Problem when it is damaged, encrypted, or made to be too large. */
export async function showPdf(bytes: Uint8Array, options: PdfOptions): Promise<PdfShown> {
  const { given, signal } = options;
  await assertModestStreams(bytes, given, signal);
  const document = await openDocument(bytes, given);
  const stop = () => void document.loadingTask.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await showPages(document, options);
  } catch (thrown) {
    signal.throwIfAborted();
    throw asProblem(thrown, given);
  } finally {
    signal.removeEventListener("abort", stop);
    await document.loadingTask.destroy();
  }
}

/** What is used of a pdf.js document. */
interface Document {
  numPages: number;
  getPage(number: number): Promise<Page>;
  loadingTask: { destroy(): Promise<void> };
}
interface Page {
  getTextContent(): Promise<{ items: (object & { str?: string; hasEOL?: boolean })[] }>;
  cleanup(): unknown;
}

async function openDocument(bytes: Uint8Array, given: string): Promise<Document> {
  const { getDocumentProxy } = await import("unpdf");
  try {
    // A copy: the library takes the buffer for itself.
    return await getDocumentProxy(bytes.slice(), {
      verbosity: 0,
      disableFontFace: true,
      useSystemFonts: false,
      useWorkerFetch: false,
      stopAtErrors: false,
    });
  } catch (thrown) {
    throw asProblem(thrown, given);
  }
}

function asProblem(thrown: unknown, given: string): Problem {
  if (thrown instanceof Problem) return thrown;
  const isLocked = thrown instanceof Error && thrown.name === "PasswordException";
  const what = isLocked
    ? "it is encrypted, make a copy without a password first"
    : `it is a damaged PDF, ${messageOf(thrown).replace(/\.$/, "")}`;
  return new Problem("bad_request", `Cannot read "${given}": ${what}`, { cause: thrown });
}

async function showPages(document: Document, options: PdfOptions): Promise<PdfShown> {
  const { numPages } = document;
  const [first, last] = readRange(options, numPages);
  const parts = [`[PDF, ${numPages} pages]`];
  let [chars, next, hasText] = [0, first, false];
  for (; next <= Math.min(last, first + pdfPagesMax - 1); next++) {
    options.signal.throwIfAborted();
    const text = await pageText(await document.getPage(next));
    if (next > first && chars + text.length > options.charsMax) break;
    hasText ||= text !== "";
    chars += text.length;
    parts.push(`[page ${next}]\n${text === "" ? "[no text]" : text}`);
  }
  if (!hasText) parts.push("[these pages hold no text, they may be scanned: text in pictures is not read]");
  const isCut = next <= last;
  if (isCut) parts.push(`[${last - next + 1} more pages: continue with pages "${next}-${last}"]`);
  return { output: parts.join("\n\n"), truncated: isCut };
}

async function pageText(page: Page): Promise<string> {
  const { items } = await page.getTextContent();
  page.cleanup();
  const text = items.map(({ str = "", hasEOL = false }) => hasEOL ? `${str}\n` : str).join("");
  return cutMiddle(plainText(text).trim(), pageCharsMax).text;
}

function readRange({ given, pages }: PdfOptions, count: number): [first: number, last: number] {
  if (pages === undefined) return [1, count];
  const [, from = "", to] = /^(\d{1,6})(?:-(\d{0,6}))?$/.exec(pages) ?? [];
  const first = Number(from);
  const last = to === undefined ? first : to === "" ? count : Math.min(Number(to), count);
  if (first >= 1 && first <= count && last >= first) return [first, last];
  throw new Problem(
    "bad_request",
    `Cannot read pages "${pages}" of "${given}": it has ${count} pages, give "3", "2-5" or "7-"`,
  );
}
