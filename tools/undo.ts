// Undo: takes back a change of a file that a call of this session made, byte for byte. For people, not for models.
import { z } from "zod";
import type { FactData } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { prepareChange, readForChange, recoverChange } from "./file_change.ts";
import { confinePath, shownPath } from "./paths.ts";
import { sha256 } from "./temporary_file.ts";

export const undoRowsMax = 200;
const callIdCharsMax = 200;

const parameters = z.strictObject({
  call_id: z.string().min(1).max(callIdCharsMax).optional().describe(
    "The call to take back, by default the newest change that still stands; that of an undo makes the change again",
  ),
  list: z.boolean().optional().describe("Only list the changes, the newest first"),
});
type Args = z.infer<typeof parameters>;
type Change = FactData<"file.changed">;

export const undoTool = defineTool({
  name: "Undo",
  description:
    "Takes back a change of a file that a call of this session made, unless the file was changed since.",
  parameters,
  effect: "idempotent",
  requires_confirmation: false,
  allowed_in_plan: true,
  audience: "user",
  limits: { timeoutMs: 60_000, outputCharsMax: 40_000 },
  prepare: prepareUndo,
  recover: (_args, evidence, context) => recoverChange(evidence, context),
});

async function prepareUndo(args: Args, context: ToolContext): Promise<PreparedCall | ToolOutcome> {
  if (context.session.by !== "user") {
    throw new Problem("forbidden", "Cannot undo: only a person may, change the file with Edit or Write");
  }
  const changes = context.session.changes();
  if (args.list) return listChanges(changes, context);
  const change = chooseChange(changes, args.call_id);
  const path = await confinePath(change.path, context);
  const shown = shownPath(change.path, context.workspace);
  assertOnTop(change, changes, shown);
  if (path.real !== change.path) {
    throw new Problem("conflict", `Cannot undo "${change.call_id}": "${shown}" now lies behind a link`);
  }
  const now = await readForChange(path, context);
  const hash = now && sha256(now.bytes);
  if (hash !== (change.after?.sha256 ?? null)) {
    throw new Problem(
      "conflict",
      `Cannot undo "${change.call_id}": "${shown}" is not as that call left it, something else changed it; restore it by hand`,
    );
  }
  const { before } = change;
  const bytes = before && await context.session.kept(before.content);
  if (before !== null && bytes !== null && sha256(bytes) !== before.sha256) {
    throw new Problem(
      "storage_failed",
      `Cannot undo "${change.call_id}": the kept content of "${shown}" is damaged`,
    );
  }
  const what = before === null ? "removed" : now === null ? "brought back" : "restored";
  return await prepareChange(path, now, {
    bytes,
    ...(before === null ? {} : { mode: before.mode }),
    summary: `Undid ${change.call_id}: ${what} "${shown}"`,
    undoes: change.call_id,
  }, context);
}

/** The change of that call, or the newest one that stands and is no undo itself. */
function chooseChange(changes: readonly Change[], callId: string | undefined): Change {
  if (callId === undefined) {
    const newest = changes.findLast((change) =>
      change.undoes === undefined && undoOf(change, changes) === undefined
    );
    if (newest !== undefined) return newest;
    const what = changes.length === 0
      ? "this session changed no file"
      : "every change is undone already, see them with list";
    throw new Problem("not_found", `Cannot undo: ${what}`);
  }
  const change = changes.findLast((candidate) => candidate.call_id === callId);
  if (change === undefined) {
    throw new Problem("not_found", `Cannot undo "${callId}": it changed no file, see the changes with list`);
  }
  const undo = undoOf(change, changes);
  if (undo === undefined) return change;
  throw new Problem(
    "conflict",
    `Cannot undo "${callId}": it is undone already by "${undo.call_id}", undo that to have it again`,
  );
}

/** The undo of this change that still stands. */
function undoOf(change: Change, changes: readonly Change[]): Change | undefined {
  const later = changes.slice(changes.indexOf(change) + 1);
  const taken = new Set<string>();
  // From the newest back: an undo that was undone itself does not count.
  for (const candidate of later.toReversed()) {
    if (taken.has(candidate.call_id) || candidate.undoes === undefined) continue;
    if (candidate.undoes === change.call_id) return candidate;
    taken.add(candidate.undoes);
  }
  return undefined;
}

/** Changes of one file are taken back from the newest: one that stands on top of this one would lose its ground. */
function assertOnTop(change: Change, changes: readonly Change[], shown: string): void {
  const above = changes.slice(changes.indexOf(change) + 1).findLast((later) =>
    later.path === change.path && later.undoes === undefined && undoOf(later, changes) === undefined
  );
  if (above === undefined) return;
  throw new Problem(
    "conflict",
    `Cannot undo "${change.call_id}": "${above.call_id}" changed "${shown}" since, undo that first`,
  );
}

function listChanges(changes: readonly Change[], context: ToolContext): ToolOutcome {
  const rows = changes.slice(-undoRowsMax).toReversed().map((change) => {
    const did = change.before === null ? "created" : change.after === null ? "removed" : "changed";
    const undo = undoOf(change, changes);
    const notes = [
      change.undoes === undefined ? "" : ` (undid ${change.undoes})`,
      undo === undefined ? "" : ` (undone by ${undo.call_id})`,
    ];
    return `${change.call_id}\t${did}\t"${shownPath(change.path, context.workspace)}"${notes.join("")}`;
  });
  const more = changes.length - rows.length;
  if (more > 0) rows.push(`[${more} older changes are not shown]`);
  const output = rows.length === 0 ? "No file was changed" : rows.join("\n");
  return { status: "finished", output, truncated: more > 0 };
}
