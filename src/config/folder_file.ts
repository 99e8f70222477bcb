// One small file that a folder may bring along: read again only when it has changed, and never through a link, which could
// make us read a file of the user's that is no business of the folder.
import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { lookOf, lookOfNothing } from "../platform/file_look.ts";
import { messageOf } from "../protocol/problem.ts";

export const folderFileBytesMax = 64 * 1024;
const cachedMax = 256;

/** The text of the file, or why it is not read and what to do about that. */
export type FolderText = { path: string; text: string } | { path: string; why: string; hint: string };

/**
 * A function that gives what `understand` made of the file in a workspace (absolute path), and `none` when there is no
 * file: the same answer for the same text. It never rejects, and takes one look at the file when that has not changed.
 */
export function folderFileReader<Answer>(options: {
  /** Its path in the folder. */
  file: string;
  none: Answer;
  understand: (found: FolderText, workspace: string) => Answer;
}): (workspace: string) => Promise<Answer> {
  const { file, none, understand } = options;
  const cache = new Map<string, { look: string | null; found: FolderText | null; answer: Answer }>();
  return async (workspace) => {
    const path = join(workspace, file);
    // Asked first, because most folders have none and the error inside would cost more than the look.
    const info = existsSync(path) ? await Deno.lstat(path).catch(() => null) : null;
    const look = info === null ? lookOfNothing : lookOf(info);
    const known = cache.get(workspace);
    if (known?.look === look.text) return known.answer;
    const found = info === null ? null : await read(workspace, file, info);
    const answer = known !== undefined && isDeepStrictEqual(found, known.found)
      ? known.answer
      : found === null
      ? none
      : understand(found, workspace);
    if (cache.size >= cachedMax) cache.delete(cache.keys().next().value ?? "");
    cache.set(workspace, { look: look.isSettled ? look.text : null, found, answer });
    return answer;
  };
}

async function read(workspace: string, file: string, info: Deno.FileInfo): Promise<FolderText> {
  const path = join(workspace, file);
  const tooLarge = { path, why: `it is larger than ${folderFileBytesMax} bytes`, hint: "Make it shorter" };
  try {
    // A linked folder on the way counts as well.
    const inside = await Deno.realPath(workspace);
    if (!info.isFile || await Deno.realPath(path) !== `${inside}${sep}${file}`) {
      return { path, why: "it is a link, or no plain file", hint: "Put a plain file there" };
    }
    if (info.size > folderFileBytesMax) return tooLarge;
    const text = await Deno.readTextFile(path);
    return text.length > folderFileBytesMax ? tooLarge : { path, text };
  } catch (thrown) {
    return { path, why: messageOf(thrown), hint: "Make it readable, or remove it" };
  }
}
