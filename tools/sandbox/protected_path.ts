// A path that a command may not change, and what stands there now.
import { lstatSync } from "node:fs";

/** What is put in the place of something that is not there, so that it can be held. */
export type Placeholder = "folder" | "file" | "dot file";

export interface ProtectedPath {
  path: string;
  whenAbsent: Placeholder;
}

export interface ProtectedPlaces {
  paths: readonly ProtectedPath[];
  /** Folders outside of the workspace that git needs to write for it. */
  writable: readonly string[];
}

export type Kind = "folder" | "file" | "link" | "other" | "absent";

/** At once and not by turns: there are dozens for each command, and each takes microseconds. */
export function kindOf(path: string): Kind {
  const info = entryAt(path);
  if (info === undefined) return "absent";
  if (info.isSymbolicLink()) return "link";
  if (info.isDirectory()) return "folder";
  return info.isFile() ? "file" : "other";
}

/** Undefined also where nothing can be: below a file, or in a folder that is closed to us, which a command could not enter either. */
function entryAt(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
