// Whether a tool would refuse a file whatever is allowed: what is said in advance to who asks why a call would run or not.
// The tools look for themselves, at what they really opened.
import { stat } from "node:fs/promises";
import { failureOf } from "./failure.ts";
import { confinePath } from "./paths.ts";
import { type FileContext, readableContext, refuseSecretFile, refuseSecretPath } from "./secret_file.ts";
import { refuseHiddenPlace } from "./sensitive_path.ts";

interface NamedPath {
  path: string;
  access: "read" | "write";
}

/** In the tool's own words why it does not touch this path; null when it would. */
export async function refusedPath(
  tool: string,
  { path, access }: NamedPath,
  context: FileContext & { roots: readonly string[] },
): Promise<string | null> {
  try {
    const where = access === "read" ? readableContext(context) : context;
    const confined = await confinePath(path, where);
    if (access === "write") refuseHiddenPlace(confined, where.roots);
    refuseSecretPath(confined.real, path, where);
    const facts = confined.exists ? await stat(confined.real) : null;
    if (facts === null || facts.isDirectory()) return null;
    const { dev, ino, nlink } = facts;
    await refuseSecretFile({ real: confined.real, dev, ino, nlink }, path, where);
    return null;
  } catch (thrown) {
    const outcome = failureOf(tool, thrown);
    return outcome.status === "failed" ? outcome.error : null;
  }
}
