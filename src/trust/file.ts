// Small files of the daemon that only their owner may read: read whole, and replaced in one step.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** The content, and whether its owner alone can read and change it; null when there is no such file. */
export async function readSmallFile(
  path: string,
  bytesMax: number,
): Promise<{ content: string; isPrivate: boolean } | "too large" | null> {
  const handle = await open(path, "r").catch((thrown) => {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return null;
    throw thrown;
  });
  if (handle === null) return null;
  try {
    const { size, mode } = await handle.stat();
    if (size > bytesMax) return "too large";
    const isPrivate = Deno.build.os === "windows" || (mode & othersMask) === 0;
    return { content: await handle.readFile("utf8"), isPrivate };
  } finally {
    await handle.close();
  }
}

const othersMask = 0o077;

/** Whole and on the disk when it resolves; after a crash the file is the old one or the new one. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  await syncFolder(folder);
}

/** Windows cannot open a folder; its file system journals renames by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
