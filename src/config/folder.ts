// What a folder may say about the sessions in it: `.jamey/settings.toml`, a few harmless keys and nothing else, because
// it comes with the repository and nobody has approved it.
import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";
import { messageOf, Problem } from "../protocol/problem.ts";
import { modelName } from "../providers/settings.ts";
import { checkToml, faultProblem } from "./parse.ts";

const settings = z.strictObject({
  model: modelName.optional(),
  /** Added to the system prompt of the sessions in this folder. */
  instructions: z.string().max(16_384).optional(),
});
export type FolderSettings = z.output<typeof settings>;

export interface FolderAnswer {
  /** Empty when there is no file, or when it is refused. */
  settings: FolderSettings;
  /** Why the whole file is left out. */
  problem?: Problem;
}

export const folderFile = join(".jamey", "settings.toml");
const bytesMax = 64 * 1024;
const cachedMax = 256;

export interface FolderReader {
  /** The settings of a workspace (absolute path). Never rejects; one look at the file when it has not changed. */
  folderSettings(workspace: string): Promise<FolderAnswer>;
}

/** A reader that keeps what it has read until the file changes. */
export function openFolderReader(): FolderReader {
  const cache = new Map<string, { mark: string; answer: FolderAnswer }>();
  return {
    async folderSettings(workspace) {
      const path = join(workspace, folderFile);
      // Asked first, because most folders have none and the error inside would cost more than the look.
      const info = existsSync(path) ? await Deno.lstat(path).catch(() => null) : null;
      const mark = info === null ? "" : markOf(info);
      const known = cache.get(workspace);
      if (known?.mark === mark) return known.answer;
      const answer = info === null ? { settings: {} } : await read(workspace, path, info);
      if (cache.size >= cachedMax) cache.delete(cache.keys().next().value ?? "");
      cache.set(workspace, { mark, answer });
      return answer;
    },
  };
}

function markOf(info: Deno.FileInfo): string {
  return [info.mtime?.getTime(), info.ctime?.getTime(), info.size, info.ino].join(":");
}

async function read(workspace: string, path: string, info: Deno.FileInfo): Promise<FolderAnswer> {
  try {
    // A link, or a linked folder on the way, could make us read a file of the user's that is no business of the folder.
    const inside = await Deno.realPath(workspace);
    if (!info.isFile || await Deno.realPath(path) !== `${inside}${sep}${folderFile}`) {
      return refuse(path, "it is a link, or no plain file", "Put a plain file there");
    }
    if (info.size > bytesMax) return refuse(path, `it is larger than ${bytesMax} bytes`, "Make it shorter");
    const text = await Deno.readTextFile(path);
    if (text.length > bytesMax) return refuse(path, `it is larger than ${bytesMax} bytes`, "Make it shorter");
    const checked = checkToml(text, settings);
    if (checked.ok) return { settings: checked.value };
    const { message } = faultProblem(path, [checked.faults[0]]);
    return refuse(path, message.slice(message.indexOf(": ") + 2), allowed);
  } catch (thrown) {
    return refuse(path, messageOf(thrown), "Make it readable, or remove it");
  }
}

const allowed = 'A folder may set "model" and "instructions"; all else belongs into your own runtime.toml';

function refuse(path: string, why: string, hint: string): FolderAnswer {
  return {
    settings: {},
    problem: new Problem("bad_config", `Cannot use folder settings "${path}": ${why}`, { hint }),
  };
}
