// What became of a text that was approved: the lines that changed, with a few around them. What is not shown was approved.
import { structuredPatch } from "diff/lib/patch/create.js";

const contextLines = 3;
/** Texts that have less in common are shown whole instead: a difference of everything says nothing. */
const changedLinesMax = 500;

/** Lines that begin with "+", "-" or a blank as in a unified diff; null when there is too much of a difference. */
export function changedLines(before: string, now: string): string[] | null {
  const patch = structuredPatch("", "", before, now, "", "", {
    context: contextLines,
    maxEditLength: changedLinesMax,
  });
  if (patch === undefined || patch.hunks.length === 0) return null;
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}
