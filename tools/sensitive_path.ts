// Changes in protected places: a standing "allow" covers one file at most, and no link leads there unseen.
import { isProtected, isProtectedIn } from "../src/permission/protected_places.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { ConfinedPath } from "./paths.ts";

/** What `allow_always` covers for a change of this file: every change by the tool, or of this one file only. */
export function changeGrant(tool: string, path: string): string {
  return isProtected(path) ? `${tool}(${path})` : tool;
}

/** Throws when a link leads into such a place although the path that a person was shown does not say so. */
export function refuseHiddenPlace(path: ConfinedPath, roots: readonly string[]): void {
  if (!isProtectedIn(path.real, roots) || isProtected(path.given)) return;
  throw new Problem("forbidden", `Cannot change "${path.given}": it leads to "${path.real}" through a link`, {
    hint: "use that path itself, so that a person sees what is changed",
  });
}
