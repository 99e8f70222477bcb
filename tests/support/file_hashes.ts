// The files below a folder with a hash of what is in them: to tell what changed.
import { createHash } from "node:crypto";
import { join } from "node:path";

/** Paths from the folder on; a link is told by where it leads, a folder by its name and mode. */
export function fileHashes(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string) => {
    for (const { name } of Deno.readDirSync(join(folder, path))) {
      const inner = join(path, name);
      const full = join(folder, inner);
      const { isDirectory, isSymlink, isFile, mode } = Deno.lstatSync(full);
      const content = isSymlink
        ? Deno.readLinkSync(full)
        : isFile
        ? createHash("sha256").update(Deno.readFileSync(full)).digest("hex")
        : "";
      found.set(inner, `${mode} ${content}`);
      if (isDirectory) visit(inner);
    }
  };
  visit("");
  return found;
}

/** What came, went or differs. */
export function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) =>
    before.get(path) !== after.get(path)
  ).sort();
}
