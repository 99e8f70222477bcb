// The text of a PDF, by unpdf: a build of PDF.js without a worker and without a canvas.
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { assertModestStreams } from "../pdf_streams.ts";

export const pdfPagesMax = 200;
export const pdfCharsMax = 500_000;

/** Page by page, so that a long one ends at the maximum and not after all of it. A Problem for one made to swell. */
export async function pdfText(
  bytes: Uint8Array,
  address: string,
  signal: AbortSignal,
): Promise<{ text: string; cut: boolean }> {
  await assertModestStreams(bytes, address, signal);
  const { getDocumentProxy } = await import("unpdf");
  try {
    const pdf = await getDocumentProxy(bytes.slice());
    try {
      let text = "";
      const pages = Math.min(pdf.numPages, pdfPagesMax);
      for (let number = 1; number <= pages && text.length <= pdfCharsMax; number++) {
        const { items } = await (await pdf.getPage(number)).getTextContent();
        const words = items.map((item) => "str" in item ? item.str + (item.hasEOL ? "\n" : "") : "");
        text += `[page ${number} of ${pdf.numPages}]\n${words.join("").slice(0, pdfCharsMax)}\n\n`;
      }
      return { text: text.slice(0, pdfCharsMax), cut: pdf.numPages > pages || text.length > pdfCharsMax };
    } finally {
      await pdf.loadingTask.destroy();
    }
  } catch (thrown) {
    throw new Problem("unsupported_media_type", `Cannot read the PDF: ${messageOf(thrown)}`);
  }
}
