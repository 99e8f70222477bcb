// A path that a command may not change, and what stands there now.
import { lstat } from "node:fs/promises";

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

export async function kindOf(path: string): Promise<Kind> {
  const info = await lstat(path).catch(() => null);
  if (info === null) return "absent";
  if (info.isSymbolicLink()) return "link";
  if (info.isDirectory()) return "folder";
  return info.isFile() ? "file" : "other";
}
