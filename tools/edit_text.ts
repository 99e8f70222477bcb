// Exact replacements in a text, one after the other, all or none. Knows no files.
import { Problem } from "../src/protocol/problem.ts";
import { changedFileBytesMax } from "./file_change.ts";

export const editsMax = 100;
export const replacementsMax = 10_000;

export interface Replacement {
  old_string: string;
  new_string: string;
  replace_all?: boolean | undefined;
}

export interface EditedText {
  changed: string;
  /** Of all edits together. */
  count: number;
  /** Where the first edit began, counted from 1. */
  line: number;
}

/** Makes the edits in their order; a Problem names the file as `given` and, in a list, the edit by its index. */
export function editText(
  text: string,
  edits: readonly Replacement[],
  { given, isList }: { given: string; isList: boolean },
): EditedText {
  const result: EditedText = { changed: text, count: 0, line: 0 };
  for (const [index, asked] of edits.entries()) {
    const refuse = (what: string) =>
      new Problem("bad_request", `Cannot edit "${given}": ${isList ? `edits[${index}]: ` : ""}${what}`);
    if (asked.old_string === asked.new_string) throw refuse("old_string and new_string are the same");
    const { old_string, new_string } = fitLineEnds(result.changed, asked);
    const places = findPlaces(result.changed, old_string, { every: asked.replace_all ?? false, refuse });
    const chars = result.changed.length + places * (new_string.length - old_string.length);
    if (chars > changedFileBytesMax) {
      throw refuse(`the file would have more than ${changedFileBytesMax} characters`);
    }
    if (index === 0) result.line = lineAt(text, text.indexOf(old_string));
    result.changed = result.changed.split(old_string).join(new_string);
    result.count += places;
  }
  return result;
}

function lineAt(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** Read shows CRLF files without the CR, so text copied from there is fitted to the file when only that differs. */
function fitLineEnds(text: string, edit: Replacement): { old_string: string; new_string: string } {
  const isPlain = !edit.old_string.includes("\r") && !edit.new_string.includes("\r");
  const hasOnlyCrlf = text.includes("\r\n") && !/(^|[^\r])\n/.test(text);
  if (!isPlain || !hasOnlyCrlf) return edit;
  const fit = (piece: string) => piece.replaceAll("\n", "\r\n");
  return { old_string: fit(edit.old_string), new_string: fit(edit.new_string) };
}

/** How often `piece` occurs; throws unless the edit is allowed for that number. */
function findPlaces(
  text: string,
  piece: string,
  { every, refuse }: { every: boolean; refuse: (what: string) => Problem },
): number {
  const places = text.split(piece).length - 1;
  if (places === 0) {
    throw refuse("old_string does not occur in it, read the file again and copy the text exactly");
  }
  if (every && places > replacementsMax) {
    throw refuse(`old_string occurs ${places} times, the most is ${replacementsMax}`);
  }
  if (!every && (places > 1 || text.indexOf(piece) !== text.lastIndexOf(piece))) {
    throw refuse(
      `old_string occurs ${places} times, add lines around it to make it unique or set replace_all`,
    );
  }
  return places;
}
