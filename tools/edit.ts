// Edit: replaces an exact piece of text in a file; every byte outside the piece stays as it is.
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { PreparedCall, ToolContext } from "./contract.ts";
import { prepareChange, readForChange, recoverChange, wellFormedText } from "./file_change.ts";
import { confinePath, pathCharsMax, shownPath } from "./paths.ts";
import { visible } from "./visible.ts";

export const editCharsMax = 500_000;
export const replacementsMax = 10_000;

const parameters = z.strictObject({
  file_path: z.string().min(1).max(pathCharsMax).describe("The file, relative to the workspace or absolute"),
  old_string: wellFormedText.min(1).max(editCharsMax).describe(
    "The exact text to replace, without the line numbers that Read shows; must occur once unless replace_all",
  ),
  new_string: wellFormedText.max(editCharsMax).describe("What to put in its place"),
  replace_all: z.boolean().optional().describe("Replace every occurrence"),
});
type Args = z.infer<typeof parameters>;

export const editTool = defineTool({
  name: "Edit",
  description:
    "Replaces an exact, unique piece of text in a file (or all of its occurrences). The file must be UTF-8.",
  parameters,
  effect: "idempotent",
  requires_confirmation: true,
  limits: { timeoutMs: 60_000, outputCharsMax: 10_000 },
  prompt: showEdit,
  grant: () => "Edit",
  prepare: prepareEdit,
  recover: (_args, evidence, context) => recoverChange(evidence, context),
});

function showEdit(args: Args): string {
  const every = args.replace_all ? " (every occurrence)" : "";
  const lines = (sign: string, text: string) =>
    text === "" ? [] : text.split("\n").map((line) => `${sign} ${visible(line)}`);
  const diff = [...lines("-", args.old_string), ...lines("+", args.new_string)].join("\n");
  return `Edit "${visible(args.file_path)}"${every}\n\n${diff}`;
}

async function prepareEdit(args: Args, context: ToolContext): Promise<PreparedCall> {
  const path = await confinePath(args.file_path, context);
  const now = await readForChange(path, context);
  if (now === null) {
    throw new Problem("not_found", `Cannot edit "${args.file_path}": it does not exist, make it with Write`);
  }
  if (args.old_string === args.new_string) {
    throw new Problem(
      "bad_request",
      `Cannot edit "${args.file_path}": old_string and new_string are the same`,
    );
  }
  const text = decodeExactly(now.bytes, args.file_path);
  const edit = fitLineEnds(text, args);
  const places = findPlaces(text, edit.old_string, args);
  const changed = text.split(edit.old_string).join(edit.new_string);
  const count = places === 1 ? "1 replacement" : `${places} replacements`;
  const line = text.slice(0, text.indexOf(edit.old_string)).split("\n").length;
  const summary = `Edited "${shownPath(path.real, context.workspace)}": ${count}, first at line ${line}`;
  return await prepareChange(path, now, { bytes: new TextEncoder().encode(changed), summary }, context);
}

/** UTF-8 that comes out byte for byte when encoded again; a BOM stays in the text. */
function decodeExactly(bytes: Uint8Array, given: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem("bad_request", `Cannot edit "${given}": it is not valid UTF-8`, {
      hint: "change it with a shell command that works on bytes",
    });
  }
}

/** Read shows CRLF files without the CR, so text copied from there is fitted to the file when only that differs. */
function fitLineEnds(text: string, args: Args): { old_string: string; new_string: string } {
  const isPlain = !args.old_string.includes("\r") && !args.new_string.includes("\r");
  const hasOnlyCrlf = text.includes("\r\n") && !/(^|[^\r])\n/.test(text);
  if (!isPlain || !hasOnlyCrlf) return args;
  const fit = (piece: string) => piece.replaceAll("\n", "\r\n");
  return { old_string: fit(args.old_string), new_string: fit(args.new_string) };
}

/** How often `piece` occurs; a Problem unless the edit is allowed for that number. */
function findPlaces(text: string, piece: string, args: Args): number {
  const places = text.split(piece).length - 1;
  const refuse = (what: string) => new Problem("bad_request", `Cannot edit "${args.file_path}": ${what}`);
  if (places === 0) {
    throw refuse("old_string does not occur in it, read the file again and copy the text exactly");
  }
  if (args.replace_all && places > replacementsMax) {
    throw refuse(`old_string occurs ${places} times, the most is ${replacementsMax}`);
  }
  if (args.replace_all) return places;
  if (places > 1 || text.indexOf(piece) !== text.lastIndexOf(piece)) {
    throw refuse(
      `old_string occurs ${places} times, add lines around it to make it unique or set replace_all`,
    );
  }
  return places;
}
