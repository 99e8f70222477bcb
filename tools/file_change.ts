// One change of one file, made exactly once: the hashes before and after tell at any time whether it happened.
// Shared by Write and Edit. The new bytes lie in the call's own folder before the call starts.
import { constants } from "node:fs";
import { chmod, lstat, open, readFile, rename, unlink } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { errorCode } from "./failure.ts";
import { openForReading, readAll } from "./open_file.ts";
import { type ConfinedPath, confinePath, shownPath } from "./paths.ts";
import { pinParent } from "./pinned_directory.ts";

export const changedFileBytesMax = 16 * 1024 * 1024;
/** Text from a model: half a surrogate pair has no bytes, and could match half a character of a file. */
export const wellFormedText = z.string().refine(
  (text) => text.isWellFormed(),
  "not well-formed Unicode text",
);
const newBytesName = "new_content";

/** What is logged before the change: `before` is null when the file does not exist yet. */
const evidenceSchema = z.object({
  path: z.string(),
  before: z.string().nullable(),
  after: z.string(),
  mode: z.number().int().nullable(),
  summary: z.string(),
});
type Evidence = z.infer<typeof evidenceSchema>;

export interface FileNow {
  bytes: Uint8Array;
  mode: number;
}

/** The file as it is, or null when there is none. Refuses what must not be replaced: other kinds, hard links. */
export async function readForChange(path: ConfinedPath, context: ToolContext): Promise<FileNow | null> {
  if (!path.exists) return null;
  const file = await openForReading(path, context.roots);
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

/** A call that replaces `now` by `bytes` once it runs; `summary` is its output. */
export async function prepareChange(
  path: ConfinedPath,
  now: FileNow | null,
  next: { bytes: Uint8Array; summary: string },
  context: ToolContext,
): Promise<PreparedCall> {
  if (next.bytes.length > changedFileBytesMax) {
    throw new Problem(
      "payload_too_large",
      `Cannot write "${path.given}": more than ${changedFileBytesMax} bytes`,
    );
  }
  const evidence: Evidence = {
    path: path.real,
    before: now === null ? null : sha256(now.bytes),
    after: sha256(next.bytes),
    mode: now?.mode ?? null,
    summary: next.summary,
  };
  await keepNewBytes(next.bytes, context);
  return {
    evidence,
    run: () => applyChange(evidence, next.bytes, context),
    abandon: () => Promise.resolve(),
  };
}

/** After a crash: finds out from the hashes whether the change happened, and makes it when it had not. */
export async function recoverChange(logged: JsonValue, context: ToolContext): Promise<ToolOutcome | "again"> {
  const evidence = evidenceSchema.parse(logged);
  const path = await confinePath(evidence.path, context);
  await removeLeftover(path, context);
  const now = await readForChange(path, context);
  const hash = now === null ? null : sha256(now.bytes);
  if (hash === evidence.after) return { status: "finished", output: evidence.summary, truncated: false };
  if (hash !== evidence.before) {
    const reason = `conflict: "${
      shownPath(path.real, context.workspace)
    }" was changed by something else during the restart`;
    return { status: "interrupted", reason };
  }
  const bytes = await readFile(join(await context.effectDir(), newBytesName)).catch(() => null);
  // Nothing has happened yet and the kept bytes are gone or damaged: a fresh start is the safe way on.
  if (bytes === null || sha256(bytes) !== evidence.after) return "again";
  return await applyChange(evidence, bytes, context);
}

async function applyChange(
  evidence: Evidence,
  bytes: Uint8Array,
  context: ToolContext,
): Promise<ToolOutcome> {
  const path = await confinePath(evidence.path, context);
  if (path.real !== evidence.path) return conflict(path, context);
  context.signal.throwIfAborted();
  const parent = await pinParent(path, context.roots);
  const temporary = parent.at(temporaryName(await context.effectDir()));
  try {
    await writeTemporary(temporary, bytes, evidence.mode);
    // Checked as late as can be: nothing but the rename lies between this and the change.
    if (await isChanged(parent.at(basename(path.real)), evidence, context)) return conflict(path, context);
    await rename(temporary, parent.at(basename(path.real)));
    await parent.sync();
    return { status: "finished", output: evidence.summary, truncated: false };
  } finally {
    await removeIfThere(temporary);
    await parent.close();
  }
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
  const file = await openForReading(path, context.roots);
  try {
    return sha256(await readAll(file, path, changedFileBytesMax)) !== evidence.before;
  } finally {
    await file.handle.close();
  }
}

async function writeTemporary(temporary: string, bytes: Uint8Array, mode: number | null): Promise<void> {
  await removeIfThere(temporary);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  // A new file gets what the umask leaves; a replaced one is closed to others until its own mode is set.
  const handle = await open(temporary, flags, mode === null ? 0o666 : 0o600);
  try {
    await handle.writeFile(bytes);
    if (mode !== null) await chmod(temporary, mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function keepNewBytes(bytes: Uint8Array, context: ToolContext): Promise<void> {
  const handle = await open(join(await context.effectDir(), newBytesName), "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The temporary file's name follows from the call's own folder, so that recovery finds one that a crash left behind. Call
 * ids repeat from session to session, and several sessions may write in one folder.
 */
export function temporaryName(effectDir: string): string {
  return `.jamey-${sha256(new TextEncoder().encode(effectDir)).slice(0, 16)}.tmp`;
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

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((thrown) => {
    if (errorCode(thrown) !== "ENOENT") throw thrown;
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
