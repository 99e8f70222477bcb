// Edit: replaces exact pieces of text in a file; every byte outside the pieces stays as it is.
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { PreparedCall, ToolContext } from "./contract.ts";
import { editsMax, editText, type Replacement } from "./edit_text.ts";
import {
  assertKnown,
  isPlanFile,
  prepareChange,
  readForChange,
  recoverChange,
  wellFormedText,
} from "./file_change.ts";
import { confinePath, pathCharsMax, shownPath } from "./paths.ts";
import { visible } from "./visible.ts";
import { changeGrant } from "./sensitive_path.ts";

export const editCharsMax = 500_000;
/** All edits of one call together. */
export const editsCharsMax = 2_000_000;

const oldString = wellFormedText.min(1).max(editCharsMax).describe(
  "The exact text to replace, without the line numbers that Read shows; must occur once unless replace_all",
);
const newString = wellFormedText.max(editCharsMax).describe("What to put in its place");
const replaceAll = z.boolean().optional().describe("Replace every occurrence");
const parameters = z.strictObject({
  file_path: z.string().min(1).max(pathCharsMax).describe("The file, relative to the workspace or absolute"),
  old_string: oldString.optional(),
  new_string: newString.optional(),
  replace_all: replaceAll,
  edits: z.array(z.strictObject({ old_string: oldString, new_string: newString, replace_all: replaceAll }))
    .min(1).max(editsMax).optional().describe(
      "Several edits instead of the one above: each works on the result of those before it; all are made or none",
    ),
});
type Args = z.infer<typeof parameters>;

export const editTool = defineTool({
  name: "Edit",
  description:
    "Replaces an exact, unique piece of text in a file (or all of its occurrences), or several pieces with edits. The file must be UTF-8.",
  parameters,
  effect: "idempotent",
  requires_confirmation: true,
  allowed_in_plan: (args, context) => isPlanFile(args.file_path, context),
  limits: { timeoutMs: 60_000, outputCharsMax: 10_000 },
  prompt: showEdit,
  grant: (args) => changeGrant("Edit", args.file_path),
  subjects: (args) => [{ kind: "path", path: args.file_path, access: "write" }],
  prepare: prepareEdit,
  recover: (_args, evidence, context) => recoverChange(evidence, context),
});

function showEdit(args: Args): string {
  const lines = (sign: string, text: string) =>
    text === "" ? [] : text.split("\n").map((line) => `${sign} ${visible(line)}`);
  const diffs = listEdits(args).map(({ old_string, new_string, replace_all }) =>
    [replace_all ? "(every occurrence)" : "", ...lines("-", old_string), ...lines("+", new_string)]
      .slice(replace_all ? 0 : 1).join("\n")
  );
  return `Edit "${visible(args.file_path)}"\n\n${diffs.join("\n\n")}`;
}

/** The edits of either form. */
function listEdits(args: Args): Replacement[] {
  const { old_string, new_string, replace_all, edits = [] } = args;
  if (old_string === undefined && new_string === undefined) return edits;
  return [{ old_string: old_string ?? "", new_string: new_string ?? "", replace_all }, ...edits];
}

/** Throws a Problem unless the arguments are one edit or a list of them. */
function assertOneForm({ file_path, old_string, new_string, replace_all, edits }: Args): void {
  const isSingle = old_string !== undefined && new_string !== undefined && edits === undefined;
  const isList = edits !== undefined && old_string === undefined && new_string === undefined &&
    replace_all === undefined;
  if (isSingle || isList) return;
  const given = edits === undefined ? '"old_string" or "new_string" is missing' : "two forms are mixed";
  throw new Problem(
    "bad_request",
    `Cannot edit "${file_path}": ${given}, give both old_string and new_string, or only edits`,
  );
}

async function prepareEdit(args: Args, context: ToolContext): Promise<PreparedCall> {
  assertOneForm(args);
  const edits = listEdits(args);
  const chars = edits.reduce((sum, edit) => sum + edit.old_string.length + edit.new_string.length, 0);
  if (chars > editsCharsMax) {
    throw new Problem(
      "payload_too_large",
      `Cannot edit "${args.file_path}": the edits have ${chars} characters, the most is ${editsCharsMax}`,
    );
  }
  const path = await confinePath(args.file_path, context);
  const now = await readForChange(path, context);
  if (now === null) {
    throw new Problem("not_found", `Cannot edit "${args.file_path}": it does not exist, make it with Write`);
  }
  assertKnown(path, now, { mustKnow: false }, context);
  const text = decodeExactly(now.bytes, args.file_path);
  const { changed, count, line } = editText(text, edits, {
    given: args.file_path,
    isList: args.edits !== undefined,
  });
  const summary = `Edited "${shownPath(path.real, context.workspace)}": ` +
    `${count === 1 ? "1 replacement" : `${count} replacements`}, first at line ${line}`;
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
