// NotebookEdit: replaces, inserts or deletes one cell of a Jupyter notebook.
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { PreparedCall, ToolContext } from "./contract.ts";
import {
  assertKnown,
  isPlanFile,
  prepareChange,
  readForChange,
  recoverChange,
  wellFormedText,
} from "./file_change.ts";
import { type Cell, parseNotebook } from "./notebook.ts";
import { type CellEdit, editCell } from "./notebook_text.ts";
import { confinePath, pathCharsMax, shownPath } from "./paths.ts";
import { changeGrant } from "./sensitive_path.ts";
import { visible } from "./visible.ts";

export const cellCharsMax = 500_000;
const cellNumberMax = 100_000;
const idCharsMax = 64;

const parameters = z.strictObject({
  notebook_path: z.string().min(1).max(pathCharsMax).describe(
    "The .ipynb file, relative to the workspace or absolute",
  ),
  cell_number: z.number().int().min(1).max(cellNumberMax).optional().describe(
    "The cell, counted from 1 as Read shows it; for an insertion the number that the new cell gets",
  ),
  cell_id: z.string().min(1).max(idCharsMax).optional().describe(
    "The cell by its id instead; a new cell is inserted after it",
  ),
  new_source: wellFormedText.max(cellCharsMax).optional().describe(
    "The whole new text of the cell; not for delete",
  ),
  cell_type: z.enum(["code", "markdown", "raw"]).optional().describe(
    "By default as it is; for an insertion by default code",
  ),
  edit_mode: z.enum(["replace", "insert", "delete"]).optional().describe("Default replace"),
});
type Args = z.infer<typeof parameters>;

export const notebookEditTool = defineTool({
  name: "NotebookEdit",
  description:
    "Replaces, inserts or deletes one cell of a Jupyter notebook, which must have been read before. The outputs of replaced code are cleared.",
  parameters,
  effect: "idempotent",
  requires_confirmation: true,
  allowed_in_plan: (args, context) => isPlanFile(args.notebook_path, context),
  limits: { timeoutMs: 60_000, outputCharsMax: 10_000 },
  prompt: showPrompt,
  grant: (args) => changeGrant("NotebookEdit", args.notebook_path),
  subjects: (args) => [{ kind: "path", path: args.notebook_path, access: "write" }],
  prepare: prepareNotebookEdit,
  recover: (_args, evidence, context) => recoverChange(evidence, context),
});

function showPrompt(args: Args): string {
  const where = args.cell_id === undefined
    ? `cell ${args.cell_number ?? 1}`
    : `cell with id "${visible(args.cell_id)}"`;
  const type = args.cell_type === undefined ? "" : `, ${args.cell_type}`;
  const what = `${args.edit_mode ?? "replace"} ${where}${type} of "${visible(args.notebook_path)}"`;
  return args.new_source === undefined
    ? `NotebookEdit: ${what}`
    : `NotebookEdit: ${what}\n\n${visible(args.new_source)}`;
}

async function prepareNotebookEdit(args: Args, context: ToolContext): Promise<PreparedCall> {
  const given = args.notebook_path;
  const path = await confinePath(given, context);
  const now = await readForChange(path, context);
  if (now === null) throw new Problem("not_found", `Cannot edit "${given}": it does not exist`);
  assertKnown(path, now, { mustKnow: true }, context);
  const text = decode(now.bytes, given);
  const { cells } = parseNotebook(text, given);
  const edit = readEdit(args, cells, context.session.callId);
  const changed = editCell(text, edit);
  parseNotebook(changed, given);
  const did = { replace: "Replaced", insert: "Inserted", delete: "Deleted" }[edit.mode];
  const summary = `${did} cell ${edit.index + 1} of "${shownPath(path.real, context.workspace)}"`;
  return await prepareChange(path, now, { bytes: new TextEncoder().encode(changed), summary }, context);
}

function decode(bytes: Uint8Array, given: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem("bad_request", `Cannot edit "${given}": it is not valid UTF-8`);
  }
}

function readEdit(args: Args, cells: readonly Cell[], callId: string): CellEdit {
  const { edit_mode: mode = "replace", new_source: source } = args;
  const refuse = (what: string) => new Problem("bad_request", `Cannot edit "${args.notebook_path}": ${what}`);
  if ((mode === "delete") !== (source === undefined)) {
    throw refuse(mode === "delete" ? "new_source is not for delete" : '"new_source" is missing');
  }
  const index = findCell(args, cells, refuse);
  if (mode === "delete") return { mode, index };
  if (mode === "insert") {
    return { mode, index, source: source ?? "", type: args.cell_type ?? "code", id: callId };
  }
  return { mode, index, source: source ?? "", type: args.cell_type };
}

function findCell(
  { cell_number, cell_id, edit_mode }: Args,
  cells: readonly Cell[],
  refuse: (what: string) => Problem,
): number {
  const isInsertion = edit_mode === "insert";
  if (cell_number !== undefined && cell_id !== undefined) {
    throw refuse("give cell_number or cell_id, not both");
  }
  if (cell_id !== undefined) {
    const index = cells.findIndex(({ id }) => id === cell_id);
    if (index < 0) throw refuse(`it has no cell with id "${cell_id}"`);
    return isInsertion ? index + 1 : index;
  }
  if (cell_number === undefined && !isInsertion) throw refuse("give cell_number or cell_id");
  const index = (cell_number ?? 1) - 1;
  if (index < cells.length + (isInsertion ? 1 : 0)) return index;
  throw refuse(`it has ${cells.length} cells, there is no cell ${cell_number}`);
}
