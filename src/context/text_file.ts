// Reads text that others wrote, for a prompt: in bounds, from regular files only, and from nowhere but where it may lie.
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { isBelow } from "../platform/repository_root.ts";

export type TextFile =
  | { status: "read"; path: string; text: string; /** There was more. */ cut: boolean }
  | { status: "missing" }
  | { status: "refused"; why: string };

/**
 * At most `bytesMax` bytes of a file; `path` of the answer is its real one. `root` null: it may be anywhere. With `secrets`
 * none of them is read, under whatever name: for files that a folder brings along or that they mention.
 */
export async function readTextFile(
  path: string,
  { root, bytesMax, secrets }: { root: string | null; bytesMax: number; secrets?: SecretPlaces | undefined },
): Promise<TextFile> {
  try {
    const real = await realpath(path);
    if (root !== null && !isBelow(real, root)) return refused(`it leads out of "${root}"`);
    // O_NONBLOCK: opening a pipe without a writer would wait for ever.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(real, flags);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) return refused("it is not a regular file");
      const secret = secrets?.reasonFor(real) ?? secrets?.reasonFor(path) ??
        (facts.nlink > 1 ? await secrets?.reasonForLinked(facts, root ?? dirname(real)) : null) ?? null;
      if (secret !== null) return refused(`it is kept from models (${secret})`);
      const bytes = await readUpTo(handle, bytesMax + 1);
      if (bytes.includes(0)) return refused("it is a binary file");
      return { status: "read", path: real, ...decode(bytes, bytesMax) };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return { status: "missing" };
    if (code === "EACCES") return refused("permission is denied");
    return refused(
      code === "ELOOP" ? "its links form a loop" : `it cannot be read (${code || "unknown error"})`,
    );
  }
}

function refused(why: string): TextFile {
  return { status: "refused", why };
}

async function readUpTo(handle: Awaited<ReturnType<typeof open>>, bytesMax: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytesMax);
  let filled = 0;
  while (filled < bytesMax) {
    const { bytesRead } = await handle.read(buffer, filled, bytesMax - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Without a BOM, with plain line ends, and never with half a character at a cut. */
function decode(bytes: Uint8Array, bytesMax: number): { text: string; cut: boolean } {
  const cut = bytes.length > bytesMax;
  const decoder = new TextDecoder();
  const text = decoder.decode(bytes.subarray(0, bytesMax), { stream: cut });
  return { text: text.replaceAll("\r\n", "\n"), cut };
}
