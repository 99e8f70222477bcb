// Keeps secret files from tools: asked of the path a model gave, and again of what was really opened.
import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { FileIdentity, SecretPlaces } from "../src/permission/secret_places.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { ToolContext } from "./contract.ts";

/** What has to be known to tell whether a file may be touched. */
export type FileContext = Pick<ToolContext, "workspace" | "roots" | "secrets"> & {
  session: Pick<ToolContext["session"], "planFile">;
};

const outputName = "output";
const effectsName = "effects";

/** Throws a Problem when a file that is secret by its path would be used; `real` is absolute and without links. */
export function refuseSecretPath(real: string, given: string, context: FileContext): void {
  // A link with the name of a secret file is one, wherever it leads.
  const why = secretReason(real, context) ?? secretReason(resolve(context.workspace, given), context);
  if (why !== null) throw refusal(given, why);
}

/** The same for an open file: it may have several names, of which another one is secret. */
export async function refuseSecretFile(
  file: FileIdentity & { real: string; nlink: number },
  given: string,
  context: FileContext,
): Promise<void> {
  refuseSecretPath(file.real, given, context);
  const why = file.nlink > 1 ? await context.secrets.reasonForLinked(file, context.workspace) : null;
  if (why !== null) throw refusal(given, why);
}

/** Why the file at this absolute path is kept from tools; null when it is not. The session's own files are not. */
export function secretReason(path: string, context: FileContext): string | null {
  const why = context.secrets.reasonFor(path);
  return why === null || isOwnFile(path, context) ? null : why;
}

/** Where whole outputs of this session's commands lie, which results name: they may be read, and nothing beside them. */
export function readableContext<Context extends FileContext>(context: Context): Context {
  const effects = effectsOf(context);
  if (effects === null) return context;
  const secrets: SecretPlaces = {
    ...context.secrets,
    reasonFor: (real) =>
      isBelow(real, effects) && !isOwnFile(real, context)
        ? "a file of jamey's own"
        : context.secrets.reasonFor(real),
  };
  return { ...context, roots: [...context.roots, effects], secrets };
}

function isOwnFile(path: string, context: FileContext): boolean {
  const effects = effectsOf(context);
  if (effects === null || !isBelow(path, effects)) return false;
  const isOutput = basename(path) === outputName && dirname(dirname(path)) === effects;
  return isOutput || basename(path) === basename(context.session.planFile) &&
      dirname(path) === resolve(effects, basename(dirname(context.session.planFile)));
}

/** The folder of the session's own files, real; null where there is none of that kind. */
function effectsOf({ session }: FileContext): string | null {
  const folder = dirname(dirname(session.planFile));
  if (basename(folder) !== effectsName) return null;
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`) || path.startsWith(`${folder}\\`);
}

function refusal(given: string, why: string): Problem {
  return new Problem("forbidden", `Cannot use "${given}": it is kept from tools (${why})`, {
    hint:
      `no permission rule and no mode opens it; only the user can: "readable" in [secrets] of runtime.toml, then jamey restart. That opens neither jamey's own data, nor memory of running programs, nor what "hidden" names there`,
  });
}
