// The file beside the target that a change is written to first, and the copy of the new bytes with the call's own files.
import { constants } from "node:fs";
import { chmod, link, open, readFile, rename, unlink } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ToolContext } from "./contract.ts";
import { errorCode } from "./failure.ts";

const newBytesName = "new_content";

/**
 * The temporary file's name follows from the call's own folder, so that recovery finds one that a crash left behind. Call
 * ids repeat from session to session, and several sessions may write in one folder.
 */
export function temporaryName(effectDir: string): string {
  return `.jamey-${sha256(new TextEncoder().encode(effectDir)).slice(0, 16)}.tmp`;
}

/** Writes and syncs it. `mode` null: a new file, which gets what the umask leaves. */
export async function writeTemporary(path: string, bytes: Uint8Array, mode: number | null): Promise<void> {
  await removeIfThere(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  // A replaced file is closed to others until its own mode is set.
  const handle = await open(path, flags, mode === null ? 0o666 : 0o600);
  try {
    await handle.writeFile(bytes);
    if (mode !== null) await chmod(path, mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts it in the target's place; false when the target was to be new and is there after all. */
export async function moveIntoPlace(
  temporary: string,
  target: string,
  { isNew }: { isNew: boolean },
): Promise<boolean> {
  if (isNew) {
    try {
      // Unlike a rename, a link never replaces what somebody else has put there in this very moment.
      await link(temporary, target);
      await unlink(temporary);
      return true;
    } catch (thrown) {
      if (errorCode(thrown) === "EEXIST") return false;
      // Some file systems have no links.
    }
  }
  await rename(temporary, target);
  return true;
}

export async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((thrown) => {
    if (errorCode(thrown) !== "ENOENT") throw thrown;
  });
}

/** Keeps the bytes with the call's own files, for recovery. */
export async function keepNewBytes(bytes: Uint8Array, context: ToolContext): Promise<void> {
  const handle = await open(join(await context.effectDir(), newBytesName), "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What `keepNewBytes` kept, or null when it is gone or damaged. */
export async function keptNewBytes(hash: string, context: ToolContext): Promise<Uint8Array | null> {
  const bytes = await readFile(join(await context.effectDir(), newBytesName)).catch(() => null);
  return bytes !== null && sha256(bytes) === hash ? bytes : null;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
