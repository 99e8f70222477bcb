// What Grep shows of one file: its path, its count, or its matching lines with lines around them, as grep writes them.
import { wholeHead } from "./cut.ts";

export const grepLineCharsMax = 500;

export interface RowOptions {
  mode: "content" | "files_with_matches" | "count";
  before: number;
  after: number;
  hasNumbers: boolean;
  /** No more rows are made than this and one: the one shows that there are more. */
  rowsMax: number;
}

/** `hits` are the indexes of the lines that fit. */
export function rowsOf(
  path: string,
  lines: readonly string[],
  hits: readonly number[],
  options: RowOptions,
): string[] {
  const { mode, before, after, hasNumbers, rowsMax } = options;
  if (mode === "files_with_matches") return [path];
  if (mode === "count") return [`${path}:${hits.length}`];
  const isHit = new Set(hits);
  const rows: string[] = [];
  let shownTo = -1;
  for (const hit of hits.slice(0, rowsMax + 1)) {
    const from = Math.max(hit - before, shownTo + 1);
    if (before + after > 0 && shownTo >= 0 && from > shownTo + 1) rows.push("--");
    for (let index = from; index <= Math.min(hit + after, lines.length - 1); index++) {
      const mark = isHit.has(index) ? ":" : "-";
      const number = hasNumbers ? `${index + 1}${mark}` : "";
      rows.push(`${path}${mark}${number}${shortLine(lines[index] ?? "")}`);
      shownTo = index;
    }
  }
  return rows;
}

function shortLine(line: string): string {
  if (line.length <= grepLineCharsMax) return line;
  return `${wholeHead(line.slice(0, grepLineCharsMax))} [line cut, it has ${line.length} characters]`;
}
