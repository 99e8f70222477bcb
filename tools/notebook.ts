// A Jupyter notebook as a model reads it: numbered cells, their outputs shortened, images of outputs as images.
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Image } from "../src/protocol/model_parts.ts";
import { imageBytesMax, messageImagesMax } from "../src/protocol/model_parts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { cutMiddle } from "./cut.ts";
import { imageTypeOf, isImageType, showImage } from "./image.ts";
import { plainText } from "./plain_text.ts";

export const notebookCellsMax = 500;
export const outputCharsMax = 2000;
const outputsOfCellMax = 20;
/** All images of one reading together. */
const imagesBytesMax = imageBytesMax;

/** Text of a notebook: one string or its lines. */
const text = z.union([z.string(), z.array(z.string())]);
const output = z.looseObject({
  output_type: z.string(),
  text: text.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  ename: z.string().optional(),
  evalue: z.string().optional(),
  traceback: z.array(z.string()).optional(),
});
const cell = z.looseObject({
  cell_type: z.string(),
  id: z.string().optional(),
  source: text,
  execution_count: z.number().nullish(),
  outputs: z.array(output).optional(),
});
const notebook = z.looseObject({
  cells: z.array(cell),
  metadata: z.looseObject({ language_info: z.looseObject({ name: z.string() }).optional() }).optional(),
});
export type Cell = z.infer<typeof cell>;
type Output = z.infer<typeof output>;

export interface NotebookShown {
  output: string;
  images: Image[];
  truncated: boolean;
}

/** The notebook in the file's text; a Problem when it is none. */
export function parseNotebook(source: string, given: string): z.infer<typeof notebook> {
  let value: unknown;
  try {
    value = JSON.parse(source.replace(/^\ufeff/, ""));
  } catch {
    throw new Problem("bad_request", `Cannot use "${given}" as a notebook: it is not valid JSON`);
  }
  const parsed = notebook.safeParse(value);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new Problem(
    "bad_request",
    `Cannot use "${given}" as a notebook: "${place}" is not as in version 4 of the format`,
  );
}

export function isNotebook(source: string): boolean {
  try {
    parseNotebook(source, "");
    return true;
  } catch {
    return false;
  }
}

/** Shows cells from `offset`, counted from 1, as long as they fit into `charsMax`. */
export function showNotebook(
  source: string,
  { given, offset = 1, limit = notebookCellsMax, charsMax }: {
    given: string;
    offset?: number | undefined;
    limit?: number | undefined;
    charsMax: number;
  },
): NotebookShown {
  const { cells, metadata } = parseNotebook(source, given);
  if (cells.length > 0 && offset > cells.length) {
    throw new Problem(
      "bad_request",
      `Cannot read "${given}" from cell ${offset}: it has ${cells.length} cells`,
    );
  }
  const images = collectImages();
  const language = metadata?.language_info?.name;
  const parts = [`[notebook, ${cells.length} cells${language === undefined ? "" : `, ${language}`}]`];
  let chars = 0;
  let next = offset;
  for (const one of cells.slice(offset - 1, offset - 1 + Math.min(limit, notebookCellsMax))) {
    const shown = cutMiddle(showCell(one, next, images), charsMax).text;
    if (next > offset && chars + shown.length > charsMax) break;
    chars += shown.length;
    parts.push(shown);
    next++;
  }
  const left = cells.length - next + 1;
  if (left > 0) parts.push(`[${left} more cells: continue with offset ${next}]`);
  return { output: parts.join("\n\n"), images: images.taken, truncated: left > 0 };
}

function showCell(one: Cell, number: number, images: Images): string {
  const id = one.id === undefined ? "" : ` id "${one.id}"`;
  const lines = [`[cell ${number}, ${one.cell_type}${id}]`, sourceOf(one.source)];
  const outputs = one.outputs ?? [];
  for (const each of outputs.slice(0, outputsOfCellMax)) {
    lines.push(`[output of cell ${number}, ${each.output_type}]`, showOutput(each, images));
  }
  const more = outputs.length - outputsOfCellMax;
  if (more > 0) lines.push(`[${more} more outputs]`);
  return lines.filter((line) => line !== "").join("\n");
}

export function sourceOf(source: z.infer<typeof text>): string {
  return typeof source === "string" ? source : source.join("");
}

function showOutput(one: Output, images: Images): string {
  if (one.output_type === "error") {
    return short([`${one.ename ?? "Error"}: ${one.evalue ?? ""}`, ...one.traceback ?? []].join("\n"));
  }
  if (one.text !== undefined) return short(sourceOf(one.text));
  const data = one.data ?? {};
  const shown = Object.entries(data).flatMap(([type, value]) =>
    isImageType(type) ? [images.take(value)] : []
  );
  const plain = text.safeParse(data["text/plain"]);
  if (plain.success) shown.unshift(short(sourceOf(plain.data)));
  else if (shown.length === 0) shown.push(`[${Object.keys(data).join(", ") || "no data"}]`);
  return shown.join("\n");
}

function short(long: string): string {
  return cutMiddle(plainText(long).trimEnd(), outputCharsMax).text;
}

interface Images {
  taken: Image[];
  /** Takes the image, or says why not. */
  take(value: unknown): string;
}

function collectImages(): Images {
  const taken: Image[] = [];
  let bytesLeft = imagesBytesMax;
  return {
    taken,
    take(value) {
      const data = text.safeParse(value);
      if (!data.success) return "[an image that is damaged]";
      const bytes = new Uint8Array(Buffer.from(sourceOf(data.data), "base64"));
      const type = imageTypeOf(bytes);
      if (type === null) return "[an image that is damaged]";
      if (taken.length >= messageImagesMax || bytes.length > bytesLeft) return "[an image that is not shown]";
      try {
        const { image, line } = showImage(bytes, type, "output");
        taken.push(image);
        bytesLeft -= bytes.length;
        return `${line} (image ${taken.length})`;
      } catch (thrown) {
        if (thrown instanceof Problem) return "[an image that is too large or damaged]";
        throw thrown;
      }
    },
  };
}
