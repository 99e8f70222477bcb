// PATH as programs of ours get it. Pure.
import { delimiter, isAbsolute } from "node:path";

/** Without relative and empty folders: what is there depends on where a program runs, and there others may put theirs. */
export function absoluteSearchPath(path: string): string {
  return path.split(delimiter).filter((folder) => isAbsolute(folder)).join(delimiter);
}
