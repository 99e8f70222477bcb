// Finds the programs that the sandbox is made of: by their full paths, in the system's folders before all others, and
// only where nobody but their owner can put something else in their place.
import { realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

const fixedFolders = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/run/current-system/sw/bin"];
const foldersMax = 256;
const groupOrOthersWrite = 0o022;
const executable = 0o111;

export interface HelperPlaces {
  searchPath: string;
  /** Looked into first; left out: the system's own. */
  folders?: readonly string[];
}

/** The real path of a program that only its owner can change, or null. */
export async function findHelper(name: string, options: HelperPlaces): Promise<string | null> {
  const listed = options.searchPath.split(delimiter).filter(isAbsolute).slice(0, foldersMax);
  for (const folder of [...options.folders ?? fixedFolders, ...listed]) {
    const path = await realpath(join(folder, name)).catch(() => null);
    if (path === null) continue;
    const info = await Deno.stat(path).catch(() => null);
    const mode = info?.mode ?? 0;
    if (info?.isFile && (mode & executable) !== 0 && (mode & groupOrOthersWrite) === 0) return path;
  }
  return null;
}
