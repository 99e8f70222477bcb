// One change of one file, made exactly once: the hashes before and after tell at any time whether it happened.
// Shared by Write, Edit, NotebookEdit and Undo. The new bytes lie in the call's own folder before the call starts.
import { lstat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import { inTurn } from "./change_turn.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { errorCode } from "./failure.ts";
import { openForReading, readAll } from "./open_file.ts";
import { type ConfinedPath, confinePath, shownPath } from "./paths.ts";
import { type PinnedDirectory, pinParent } from "./pinned_directory.ts";
import { refuseSecretPath } from "./secret_file.ts";
import { refuseHiddenPlace } from "./sensitive_path.ts";
import {
  keepNewBytes,
  keptNewBytes,
  moveIntoPlace,
  removeIfThere,
  sha256,
  temporaryName,
  writeTemporary,
} from "./temporary_file.ts";

export const changedFileBytesMax = 16 * 1024 * 1024;
/** Text from a model: half a surrogate pair has no bytes, and could match half a character of a file. */
export const wellFormedText = z.string().refine(
  (text) => text.isWellFormed(),
  "not well-formed Unicode text",
);

/** What is logged before the change. `before` null: there is no such file yet; `after` null: it is to go. */
const evidenceSchema = z.object({
  path: z.string(),
  before: z.object({ sha256: z.string(), content: z.string(), mode: z.number().int() }).nullable(),
  /** `mode` null: a new file, which gets what the umask leaves. */
  after: z.object({ sha256: z.string(), mode: z.number().int().nullable() }).nullable(),
  summary: z.string(),
  undoes: z.string().optional(),
});
type Evidence = z.infer<typeof evidenceSchema>;

export interface FileNow {
  bytes: Uint8Array;
  mode: number;
}

/** What is to be there afterwards: `bytes` null removes the file. Without a mode the file keeps its own. */
export interface NextContent {
  bytes: Uint8Array | null;
  mode?: number;
  /** The output of the call. */
  summary: string;
  /** The call that this one takes back. */
  undoes?: string;
}

/** Plan mode lets a call change one file: the plan. */
export function isPlanFile(
  given: string,
  { planFile, workspace }: { planFile: string; workspace: string },
): boolean {
  return resolve(workspace, given) === planFile;
}

/** The file as it is, or null when there is none. Refuses what must not be replaced: other kinds, hard links. */
export async function readForChange(path: ConfinedPath, context: ToolContext): Promise<FileNow | null> {
  refuseSecretPath(path.real, path.given, context);
  if (!path.exists) return null;
  const file = await openForReading(path, context);
  try {
    if (file.links > 1) {
      throw new Problem("forbidden", `Cannot change "${path.given}": it has ${file.links} hard links`, {
        hint: "the other names may lie outside the workspace; copy it to a new file first",
      });
    }
    return { bytes: await readAll(file, path, changedFileBytesMax), mode: file.mode };
  } finally {
    await file.handle.close();
  }
}

/** Throws a Problem when the agent knows another content than the file has; with `mustKnow` also when it knows none. */
export function assertKnown(
  path: ConfinedPath,
  now: FileNow | null,
  { mustKnow }: { mustKnow: boolean },
  { session }: ToolContext,
): void {
  if (now === null) return;
  const seen = session.seen(path.real);
  if (seen === undefined && (!mustKnow || session.by !== "model")) return;
  if (seen === sha256(now.bytes)) return;
  const what = seen === undefined
    ? "it exists and you have not read it, read it first"
    : "conflict, it was changed since it was read; read it again";
  throw new Problem("conflict", `Cannot change "${path.given}": ${what}`);
}

/** A call that replaces `now` by `next` once it runs. */
export async function prepareChange(
  path: ConfinedPath,
  now: FileNow | null,
  next: NextContent,
  context: ToolContext,
): Promise<PreparedCall> {
  const { bytes } = next;
  refuseHiddenPlace(path, context.roots);
  if (bytes !== null && bytes.length > changedFileBytesMax) {
    throw new Problem(
      "payload_too_large",
      `Cannot write "${path.given}": more than ${changedFileBytesMax} bytes`,
    );
  }
  const evidence: Evidence = {
    path: path.real,
    before: now && {
      sha256: sha256(now.bytes),
      content: await context.session.keep(now.bytes),
      mode: now.mode,
    },
    after: bytes && { sha256: sha256(bytes), mode: next.mode ?? now?.mode ?? null },
    summary: next.summary,
    ...(next.undoes === undefined ? {} : { undoes: next.undoes }),
  };
  if (bytes !== null) await keepNewBytes(bytes, context);
  return {
    evidence,
    run: () => inTurn(path.real, () => applyChange(evidence, bytes, context)),
    abandon: () => Promise.resolve(),
  };
}

/** After a crash: finds out from the hashes whether the change happened, and makes it when it had not. */
export async function recoverChange(logged: JsonValue, context: ToolContext): Promise<ToolOutcome | "again"> {
  const parsed = evidenceSchema.safeParse(logged);
  if (!parsed.success) {
    return {
      status: "interrupted",
      reason: "what was logged about this change cannot be read: look at the file",
    };
  }
  const evidence = parsed.data;
  const path = await confinePath(evidence.path, context);
  return await inTurn(path.real, async () => {
    await removeLeftover(path, context);
    const now = await readForChange(path, context);
    const hash = now && sha256(now.bytes);
    if (hash === (evidence.after?.sha256 ?? null)) return done(evidence, context);
    if (hash !== (evidence.before?.sha256 ?? null)) {
      const shown = shownPath(path.real, context.workspace);
      const reason = `conflict: "${shown}" was changed by something else during the restart`;
      return { status: "interrupted", reason };
    }
    if (evidence.after === null) return await applyChange(evidence, null, context);
    const bytes = await keptNewBytes(evidence.after.sha256, context);
    // Nothing has happened yet and the kept bytes are gone or damaged: a fresh start is the safe way on.
    return bytes === null ? "again" : await applyChange(evidence, bytes, context);
  });
}

async function applyChange(
  evidence: Evidence,
  bytes: Uint8Array | null,
  context: ToolContext,
): Promise<ToolOutcome> {
  const path = await confinePath(evidence.path, context);
  if (path.real !== evidence.path) return conflict(path, context);
  context.signal.throwIfAborted();
  const parent = await pinParent(path, context.roots);
  try {
    // Its folder may have been exchanged since.
    refuseSecretPath(join(parent.real, basename(path.real)), path.given, context);
    const isDone = await replace(parent, basename(path.real), { evidence, bytes, context });
    if (!isDone) return conflict(path, context);
    await parent.sync();
    return done(evidence, context);
  } finally {
    await parent.close();
  }
}

/** False when the file is not the one that was there when the call was prepared. */
async function replace(
  parent: PinnedDirectory,
  name: string,
  { evidence, bytes, context }: { evidence: Evidence; bytes: Uint8Array | null; context: ToolContext },
): Promise<boolean> {
  const target = parent.at(name);
  const temporary = parent.at(temporaryName(await context.effectDir()));
  try {
    if (bytes !== null) await writeTemporary(temporary, bytes, evidence.after?.mode ?? null);
    // Checked as late as can be: nothing but the rename lies between this and the change.
    if (await isChanged(target, evidence, context)) return false;
    if (bytes !== null) return await moveIntoPlace(temporary, target, { isNew: evidence.before === null });
    await unlink(target);
    return true;
  } finally {
    await removeIfThere(temporary);
  }
}

function done(evidence: Evidence, context: ToolContext): ToolOutcome {
  const { path, before, after, summary, undoes } = evidence;
  return {
    status: "finished",
    output: summary,
    truncated: false,
    files: after === null ? [] : [{ path, sha256: after.sha256 }],
    facts: [{
      type: "file.changed",
      data: {
        call_id: context.session.callId,
        path,
        before,
        after: after && { sha256: after.sha256 },
        ...(undoes === undefined ? {} : { undoes }),
      },
    }],
  };
}

function conflict(path: ConfinedPath, context: ToolContext): ToolOutcome {
  const shown = shownPath(path.real, context.workspace);
  return {
    status: "failed",
    error: `Cannot change "${shown}": conflict, it was changed by something else meanwhile; read it again`,
  };
}

/** Whether the file at `target` is no longer the one that was there when the call was prepared. */
async function isChanged(target: string, evidence: Evidence, context: ToolContext): Promise<boolean> {
  const facts = await lstat(target).catch((thrown) => {
    if (errorCode(thrown) === "ENOENT") return null;
    throw thrown;
  });
  if (facts === null || evidence.before === null) return !(facts === null && evidence.before === null);
  if (!facts.isFile() || facts.nlink > 1) return true;
  const path = { given: evidence.path, real: target, exists: true };
  const file = await openForReading(path, context);
  try {
    return sha256(await readAll(file, path, changedFileBytesMax)) !== evidence.before.sha256;
  } finally {
    await file.handle.close();
  }
}

async function removeLeftover(path: ConfinedPath, context: ToolContext): Promise<void> {
  const folder = await lstat(dirname(path.real)).catch(() => null);
  if (folder === null) return;
  const parent = await pinParent(path, context.roots);
  try {
    await removeIfThere(parent.at(temporaryName(await context.effectDir())));
  } finally {
    await parent.close();
  }
}
