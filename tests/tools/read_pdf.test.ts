// Read on PDFs: the text of the pages asked for, and clear words about those that cannot be read.
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { streamBytesMax } from "../../tools/pdf_streams.ts";
import { pdfPagesMax } from "../../tools/pdf_text.ts";
import { readTool } from "../../tools/read.ts";
import { pdfFile } from "./pdf_file.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

async function read(bytes: Uint8Array, more = {}): Promise<string> {
  await writeFile(join(space.dir, "a.pdf"), bytes);
  return textOf(await runTool(readTool, { file_path: "a.pdf", ...more }, space.context()));
}

test("Read shows the text of a PDF page by page", async () => {
  for (const isPacked of [false, true]) {
    expect(await read(pdfFile(["first page\nsecond line", "last"], { isPacked }))).toBe(
      "[PDF, 2 pages]\n\n[page 1]\nfirst page\nsecond line\n\n[page 2]\nlast",
    );
  }
});

test("pages can be chosen, and wrong ones are named", async () => {
  const file = pdfFile(["one", "two", "three"]);
  expect(await read(file, { pages: "2" })).toBe("[PDF, 3 pages]\n\n[page 2]\ntwo");
  expect(await read(file, { pages: "2-" })).toContain("[page 3]\nthree");
  expect(await read(file, { pages: "1-2" })).not.toContain("three");
  for (const pages of ["0", "4", "3-2", "x"]) expect(await read(file, { pages })).toContain("it has 3 pages");
});

test("a long PDF is shown up to a number of pages, and says how to go on", async () => {
  const file = pdfFile(Array.from({ length: pdfPagesMax + 2 }, (_, page) => `page number ${page + 1}`));
  const text = await read(file);
  expect(text).toContain(`page number ${pdfPagesMax}\n`);
  expect(text).toContain(`[2 more pages: continue with pages "${pdfPagesMax + 1}-${pdfPagesMax + 2}"]`);
});

test("a scanned PDF says that it has no text", async () => {
  expect(await read(pdfFile(["", ""]))).toContain("these pages hold no text, they may be scanned");
});

test("an encrypted PDF and a broken one are refused in words", async () => {
  const word = "00".repeat(32);
  const locked = pdfFile(["secret"], {
    more: [`<< /Filter /Standard /V 1 /R 2 /O <${word}> /U <${word}> /P -4 >>`],
    trailer: "/Encrypt 6 0 R /ID [<00> <00>]",
  });
  expect(await read(locked)).toBe(
    'Cannot read "a.pdf": it is encrypted, make a copy without a password first',
  );
  expect(await read(new TextEncoder().encode("%PDF-1.7\nnothing here"))).toMatch(
    /^Cannot read "a.pdf": it is a damaged PDF/,
  );
  const half = pdfFile(["some text"]);
  expect(await read(half.subarray(0, half.length / 2))).toMatch(/damaged PDF|\[PDF, /);
});

test("a PDF made to swell is refused before it does", async () => {
  const swollen = deflateSync(new Uint8Array(streamBytesMax + 1));
  const bombs = [
    { dictionary: "/Filter /FlateDecode", bytes: swollen },
    { dictionary: "/Filter /#46lateDecode", bytes: swollen },
    { dictionary: "/Filter [/FlateDecode /FlateDecode]", bytes: deflateSync(swollen) },
    { dictionary: "/Filter /FlateDecode", bytes: deflateSync(swollen) },
    {
      dictionary: "/Filter % [\n[/ASCIIHexDecode %]\n/FlateDecode]",
      bytes: new TextEncoder().encode(swollen.toString("hex")),
    },
    { dictionary: "/Filter 3 0 R", bytes: deflateSync(swollen) },
    { dictionary: "/Filter /LZWDecode", bytes: new Uint8Array(100_000) },
    {
      dictionary: "/Filter [/ASCIIHexDecode /FlateDecode]",
      bytes: new TextEncoder().encode(swollen.toString("hex")),
    },
  ];
  for (const stream of bombs) {
    expect(await read(pdfFile(["x"], { stream }))).toMatch(/too large|packed more than once|named elsewhere/);
  }
});

test("pages are for PDFs only", async () => {
  expect(await read(new TextEncoder().encode("plain"), { pages: "1" })).toContain("it is not a PDF");
});
