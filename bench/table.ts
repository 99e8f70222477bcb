// The table: rows as lines for people.
import type { Figure, Row, Skipped } from "./bench.ts";

const heads = ["row", "unit", "p50", "p99", "n", "calibration", "p50", "p99", "ratio", "aim", ""];
/** Columns of figures stand to the right. */
const right = new Set([2, 3, 4, 6, 7, 8]);

export function formatTable(rows: readonly (Row | Skipped)[]): string {
  const measured = rows.flatMap((row) => "skipped" in row ? [] : [cells(row)]);
  const table = [heads, ...measured];
  const widths = heads.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const lines = table.map((line) => formatLine(line, widths));
  const skipped = rows.flatMap((row) => "skipped" in row ? [`${row.name}: skipped, ${row.skipped}`] : []);
  return [...lines, ...skipped].join("\n");
}

function cells(row: Row): string[] {
  const { calibration, ratio, aim } = row;
  return [
    row.name,
    row.unit,
    ...figures(row.measured),
    String(row.measured.n),
    calibration?.of ?? "-",
    ...(calibration === null ? ["-", "-"] : figures(calibration)),
    ratio === null ? "-" : `${number(ratio)}x`,
    aim?.text ?? "-",
    aim === null ? "" : aim.met ? "ok" : "MISS",
  ];
}

function figures({ p50, p99 }: Figure): string[] {
  return [number(p50), number(p99)];
}

/** Three digits that mean something. */
function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toPrecision(3);
}

function formatLine(line: readonly string[], widths: readonly number[]): string {
  return line.map((cell, column) => {
    const width = widths[column] ?? 0;
    return right.has(column) ? cell.padStart(width) : cell.padEnd(width);
  }).join("  ").trimEnd();
}
