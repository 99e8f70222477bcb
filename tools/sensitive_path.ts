// Paths by which a file that is written may later run code or change what is asked: a standing "allow" covers none of them.
import { Problem } from "../src/protocol/problem.ts";
import type { ConfinedPath } from "./paths.ts";

const folders = new Set([".git", ".jamey", ".claude", ".agents", ".vscode"]);
const files = new Set([".mcp.json", ".envrc"]);

/** What `allow_always` covers for a change of this file: every change by the tool, or of this one file only. */
export function changeGrant(tool: string, path: string): string {
  return isSensitive(path) ? `${tool}(${path})` : tool;
}

function isSensitive(path: string): boolean {
  const parts = partsOf(path);
  return parts.some((part) => folders.has(part)) || files.has(parts.at(-1) ?? "");
}

function partsOf(path: string): string[] {
  return path.toLowerCase().split(/[\\/]+/);
}

/** Throws when a link leads into such a place although the path that a person was shown does not say so. */
export function refuseHiddenPlace(path: ConfinedPath): void {
  if (!isSensitive(path.real) || isSensitive(path.given)) return;
  throw new Problem("forbidden", `Cannot change "${path.given}": it leads to "${path.real}" through a link`, {
    hint: "use that path itself, so that a person sees what is changed",
  });
}
