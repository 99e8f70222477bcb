// The real path of what a call names, whether it is there yet or not: rules look at it beside the path as it is written.
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const partsMax = 256;

/** Null when it cannot be known: a link to nothing, a loop, a folder that may not be looked into. */
export async function realPathOf(absolute: string): Promise<string | null> {
  const missing: string[] = [];
  let current = absolute;
  for (let part = 0; part < partsMax; part++) {
    try {
      return join(await realpath(current), ...missing);
    } catch (thrown) {
      if (!isMissing(thrown) || await isThere(current)) return null;
    }
    if (dirname(current) === current) return null;
    missing.unshift(basename(current));
    current = dirname(current);
  }
  return null;
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

/** A link that leads nowhere is there all the same. */
async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(() => true, () => false);
}
