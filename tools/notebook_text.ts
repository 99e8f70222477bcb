// Changes of the text of a notebook, cell by cell: written with the notebook's own indentation, all else byte for byte.
import { z } from "zod";
import { parseNotebook } from "./notebook.ts";
import { elementSpans, memberSpan, type Span, valueSpan } from "./notebook_spans.ts";

export type CellType = "code" | "markdown" | "raw";
export type CellEdit =
  | { mode: "replace"; index: number; source: string; type: CellType | undefined }
  | { mode: "insert"; index: number; source: string; type: CellType; id: string }
  | { mode: "delete"; index: number };

/** How this notebook is written. */
interface Form {
  /** One level of indentation; empty when all is on one line. */
  unit: string;
  /** What stands before a cell in its line. */
  before: string;
  lineEnd: string;
}

/** The text with one cell changed. The index must be that of a cell, or for an insertion one more. */
export function editCell(text: string, edit: CellEdit): string {
  const cells = memberSpan(text, valueSpan(text, 0), "cells") ?? { start: 0, end: 0 };
  const spans = elementSpans(text, cells);
  const form = formOf(text, spans[0]);
  const span = spans[edit.index];
  if (edit.mode === "insert") return insertCell(text, cells, spans, { edit, form });
  if (span === undefined) throw new Error(`there is no cell ${edit.index}`);
  if (edit.mode === "delete") return deleteCell(text, spans, edit.index);
  return replaceCell(text, span, { edit, form });
}

function formOf(text: string, cell: Span | undefined): Form {
  const unit = /^\ufeff?\{\r?\n([ \t]+)/.exec(text)?.[1] ?? "";
  const lineStart = text.lastIndexOf("\n", cell?.start ?? 0) + 1;
  const before = cell === undefined || unit === "" ? unit.repeat(2) : text.slice(lineStart, cell.start);
  return {
    unit,
    before: /^[ \t]*$/.test(before) ? before : unit.repeat(2),
    lineEnd: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

function write(value: unknown, { unit, lineEnd }: Form, before: string): string {
  if (unit === "") return JSON.stringify(value);
  return JSON.stringify(value, null, unit).split("\n").join(lineEnd + before);
}

/** The notebook format keeps text as a list of lines; some programs write one string. */
function writeSource(source: string, isList: boolean): string | string[] {
  if (!isList) return source;
  return source.split(/(?<=\n)/).filter((line) => line !== "");
}

function replaceCell(
  text: string,
  span: Span,
  { edit, form }: { edit: CellEdit & { mode: "replace" }; form: Form },
): string {
  const cell = z.looseObject({ cell_type: z.string(), source: z.unknown() })
    .parse(JSON.parse(text.slice(span.start, span.end)));
  const source = writeSource(edit.source, Array.isArray(cell.source));
  if (edit.type !== undefined && edit.type !== cell.cell_type) {
    const { outputs: _outputs, execution_count: _count, ...rest } = cell;
    const made = { ...rest, cell_type: edit.type, ...runState(edit.type), source };
    return splice(text, span, write(made, form, form.before));
  }
  const within = form.before + form.unit;
  const parts: [name: string, value: unknown][] = [["source", source]];
  // What the old code put out is not what the new code would.
  if (cell.cell_type === "code") parts.push(...Object.entries(runState("code")));
  const places = parts.flatMap(([name, value]) => {
    const place = memberSpan(text, span, name);
    return place === null ? [] : [{ place, written: write(value, form, within) }];
  });
  places.sort((one, other) => other.place.start - one.place.start);
  return places.reduce((changed, { place, written }) => splice(changed, place, written), text);
}

function runState(type: CellType): { execution_count?: null; outputs?: [] } {
  return type === "code" ? { execution_count: null, outputs: [] } : {};
}

function insertCell(
  text: string,
  cells: Span,
  spans: readonly Span[],
  { edit, form }: { edit: CellEdit & { mode: "insert" }; form: Form },
): string {
  const { cells: known, nbformat_minor } = parseNotebook(text, "");
  const hasIds = typeof nbformat_minor === "number" && nbformat_minor >= 5;
  const isList = known[0] === undefined || Array.isArray(known[0].source);
  const made = {
    cell_type: edit.type,
    ...(hasIds ? { id: freeId(edit.id, known.map(({ id }) => id)) } : {}),
    metadata: {},
    ...runState(edit.type),
    source: writeSource(edit.source, isList),
  };
  const written = write(made, form, form.before);
  const gap = form.unit === "" ? "" : form.lineEnd + form.before;
  const [last, next] = [spans.at(-1), spans[edit.index]];
  if (next !== undefined) {
    return splice(text, { start: next.start, end: next.start }, `${written},${gap || " "}`);
  }
  if (last !== undefined) return splice(text, { start: last.end, end: last.end }, `,${gap || " "}${written}`);
  const close = form.unit === "" ? "" : form.lineEnd + form.unit;
  return splice(text, cells, `[${gap}${written}${close}]`);
}

/** Ids of cells are letters, digits, - and _, and no two are the same. */
function freeId(wish: string, taken: readonly (string | undefined)[]): string {
  const id = wish.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 50) || "cell";
  for (let count = 1; count <= taken.length; count++) {
    const next = count === 1 ? id : `${id}-${count}`;
    if (!taken.includes(next)) return next;
  }
  return `${id}-${taken.length + 1}`;
}

function deleteCell(text: string, spans: readonly Span[], index: number): string {
  const [before, here, after] = [spans[index - 1], spans[index], spans[index + 1]];
  if (here === undefined) return text;
  if (after !== undefined) return splice(text, { start: here.start, end: after.start }, "");
  return splice(text, { start: before?.end ?? here.start, end: here.end }, "");
}

function splice(text: string, { start, end }: Span, piece: string): string {
  return text.slice(0, start) + piece + text.slice(end);
}
