// Small PDF files for tests, written by hand: pages of text, or of nothing, with streams as the test wants them.
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";

export interface PdfOptions {
  /** Streams are compressed with Flate. */
  isPacked?: boolean;
  /** Entries added to the trailer. */
  trailer?: string;
  /** Further objects, as they stand in the file. */
  more?: string[];
  /** Instead of the text's stream. */
  stream?: { dictionary: string; bytes: Uint8Array };
}

/** One page for each text; an empty one has no text at all. */
export function pdfFile(pages: readonly string[], options: PdfOptions = {}): Uint8Array<ArrayBuffer> {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(" ");
  const objects: (string | Buffer)[] = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ...pages.flatMap((text, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F1 3 0 R >> >> /Contents ${
        5 + index * 2
      } 0 R >>`,
      streamOf(text, options),
    ]),
    ...options.more ?? [],
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.5\n")];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  const push = (part: string | Buffer) => {
    const bytes = typeof part === "string" ? Buffer.from(part, "latin1") : part;
    parts.push(bytes);
    length += bytes.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(length);
    push(`${index + 1} 0 obj\n`);
    push(object);
    push("\nendobj\n");
  }
  const start = length;
  push(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`);
  for (const offset of offsets) push(`${String(offset).padStart(10, "0")} 00000 n \n`);
  push(
    `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${
      options.trailer ?? ""
    } >>\nstartxref\n${start}\n%%EOF\n`,
  );
  return new Uint8Array(Buffer.concat(parts));
}

function streamOf(text: string, { isPacked = false, stream }: PdfOptions): Buffer {
  const lines = text.split("\n").map((line, index) =>
    `BT /F1 12 Tf 50 ${700 - index * 20} Td (${line}) Tj ET`
  );
  const plain = Buffer.from(text === "" ? "0 0 100 100 re f" : lines.join("\n"), "latin1");
  const bytes = stream?.bytes ?? (isPacked ? deflateSync(plain) : plain);
  const dictionary = stream?.dictionary ?? (isPacked ? "/Filter /FlateDecode" : "");
  return Buffer.concat([
    Buffer.from(`<< ${dictionary} /Length ${bytes.length} >>\nstream\n`),
    Buffer.from(bytes),
    Buffer.from("\nendstream"),
  ]);
}
