// Where Glob and Grep begin: the folder or file that `path` names, checked against the roots.
import { stat } from "node:fs/promises";
import { Problem } from "../src/protocol/problem.ts";
import type { ToolContext } from "./contract.ts";
import { confinePath, isInside } from "./paths.ts";
import { refuseSecretFile, refuseSecretPath } from "./secret_file.ts";

export interface SearchBase {
  real: string;
  isFolder: boolean;
  /** The root that holds it: .gitignore files count from here. */
  root: string;
}

export async function searchBase(path: string | undefined, context: ToolContext): Promise<SearchBase> {
  const base = await confinePath(path ?? ".", context);
  refuseSecretPath(base.real, base.given, context);
  if (!base.exists) throw new Problem("not_found", `Cannot search "${base.given}": it does not exist`);
  const facts = await stat(base.real);
  const isFolder = facts.isDirectory();
  if (!isFolder) {
    const { dev, ino, nlink } = facts;
    await refuseSecretFile({ real: base.real, dev, ino, nlink }, base.given, context);
  }
  const root = context.roots.find((candidate) => isInside(base.real, [candidate])) ?? base.real;
  return { real: base.real, isFolder, root };
}
