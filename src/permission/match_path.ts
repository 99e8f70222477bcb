// Paths against the specifier of a rule: globs as in .gitignore, from the workspace, from the home (`~/`) or from the root (`//`).
import ignore from "ignore";
import type { RuleAction } from "./contract.ts";

/** A path as the call gives it and as it really is, both absolute; `real` is null when that cannot be known. */
export interface JudgedPath {
  given: string;
  real: string | null;
}

export interface PathPlaces {
  /** Absolute; as the session names it, and without links. */
  workspace: string;
  home: string;
}

/**
 * A refusal or a question holds when the path as given or the real one is meant, in whatever case it is written; an
 * allowance only when both are.
 */
export function matchesPath(
  specifier: string,
  { given, real }: JudgedPath,
  { action, places }: { action: RuleAction; places: PathPlaces },
): boolean {
  const meant = globsOf(specifier, action, places);
  const isMeant = (path: string) => meant.some((glob) => isBelow(path, glob, action));
  if (action === "allow") return real !== null && isMeant(given) && isMeant(real);
  return isMeant(given) || (real !== null && isMeant(real));
}

interface Glob {
  base: string;
  pattern: string;
}

function globsOf(specifier: string, action: RuleAction, { workspace, home }: PathPlaces): Glob[] {
  const here = slashed(workspace);
  if (specifier.startsWith("//")) return [{ base: "", pattern: specifier.slice(1) }];
  if (/^[A-Za-z]:[\\/]/.test(specifier)) return [{ base: "", pattern: slashed(specifier) }];
  if (/^~(\/|$)/.test(specifier)) return [{ base: slashed(home), pattern: specifier.slice(1) }];
  if (/^\.\.?(\/|$)/.test(specifier)) return [climb(here, specifier)];
  if (!specifier.startsWith("/")) return [{ base: here, pattern: specifier }];
  // One slash begins at the workspace. Who meant the root and refused something is understood all the same.
  const anchored = { base: here, pattern: specifier };
  return action === "allow" ? [anchored] : [anchored, { base: "", pattern: specifier }];
}

/** `./x` and `../x`: from the workspace and from the folders above it. */
function climb(base: string, specifier: string): Glob {
  const parts = specifier.split("/");
  const parents = base.split("/");
  while (parts[0] === "." || parts[0] === "..") if (parts.shift() === "..") parents.pop();
  return { base: parents.join("/"), pattern: `/${parts.join("/")}` };
}

function isBelow(path: string, { base, pattern }: Glob, action: RuleAction): boolean {
  const whole = slashed(path);
  const lower = (text: string) => action === "allow" ? text : text.toLowerCase();
  if (!lower(`${whole}/`).startsWith(lower(`${base}/`))) return false;
  const isWhole = ["", "/", "/**", "**"].includes(pattern);
  const rest = whole.slice(base.length + 1);
  if (isWhole || rest === "") return isWhole;
  const tests = [globOf(pattern, action)];
  // Refused is also the folder of all that is refused.
  if (action !== "allow" && pattern.endsWith("/**")) {
    tests.push(globOf(pattern.slice(0, -"/**".length), action));
  }
  return tests.some((glob) => glob.ignores(rest) || glob.ignores(`${rest}/`));
}

/** Rules are asked before every call: their globs are made once. */
const globsMax = 1_000;
const globs = new Map<string, ReturnType<typeof ignore>>();

function globOf(pattern: string, action: RuleAction): ReturnType<typeof ignore> {
  const ignorecase = action !== "allow";
  const key = `${ignorecase} ${pattern}`;
  const known = globs.get(key);
  if (known !== undefined) return known;
  if (globs.size >= globsMax) globs.clear();
  // A comment or a turned-round pattern in a .gitignore; here they are names.
  const made = ignore({ ignorecase }).add({ pattern: /^[#!]/.test(pattern) ? `\\${pattern}` : pattern });
  globs.set(key, made);
  return made;
}

/** With slashes and without a drive's or a root's ending: `/a/b`, `/C:/a`. */
function slashed(path: string): string {
  const text = Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
  const whole = /^[A-Za-z]:/.test(text) ? `/${text}` : text;
  return whole.endsWith("/") ? whole.slice(0, -1) : whole;
}
