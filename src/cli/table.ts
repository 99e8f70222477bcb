// A table of words for a terminal: columns as wide as their widest cell, the last one as it comes.
import type { Colours } from "./terminal.ts";

export interface TableOptions {
  colours: Colours;
  /** Columns of numbers, which stand at the right. */
  numbers?: readonly number[];
  /** Colours a row's cell after it has got its width. */
  tint?: (cell: string, place: { row: number; column: number }) => string;
}

/** The lines, titles first. */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { colours, numbers = [], tint = (cell) => cell }: TableOptions,
): string[] {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const fit = (cell: string, i: number) => {
    if (numbers.includes(i)) return cell.padStart(widths[i] ?? 0);
    return i === titles.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
  };
  return [
    colours.dim(titles.map(fit).join("  ")),
    ...rows.map((cells, row) =>
      cells.map((cell, column) => tint(fit(cell, column), { row, column })).join("  ")
    ),
  ];
}
