// What the user says of secrets: patterns of paths that may be read all the same, or that are secret besides.
import { isAbsolute, join } from "node:path";
import picomatch from "picomatch";

export interface PathPatterns {
  matches(path: string): boolean;
  /** Whether there is any. */
  readonly some: boolean;
  /** Where to look for what fits and may lie anywhere on the disk: the folder, or the very file. */
  readonly bases: readonly string[];
}

/** `~/x` lies in the home folder, `/x` is absolute, anything else fits at any depth. A folder stands for all that is in it. */
export function pathPatterns(patterns: readonly string[], home: string): PathPatterns {
  const anchored = patterns.filter(isAnchored).map((pattern) => anchor(pattern, home));
  const floating = patterns.filter((pattern) => !isAnchored(pattern)).map((pattern) =>
    `**/${pattern.replace(/^(?:\.?\/)+/, "")}`
  );
  const whole = [...anchored, ...floating].map((pattern) => pattern.replace(/\/+$/, ""));
  // Nothing is left of the root, as a home folder may be: it stands for all that is in it.
  const globs = whole.flatMap((pattern) => pattern === "" ? ["/**"] : [pattern, `${pattern}/**`]);
  const tests = globs.map((pattern) =>
    picomatch(pattern.normalize("NFC"), { dot: true, nocase: true, windows: Deno.build.os === "windows" })
  );
  return {
    matches: (path) => {
      if (tests.length === 0) return false;
      const normal = path.normalize("NFC");
      return tests.some((fits) => fits(normal));
    },
    some: patterns.length > 0,
    bases: anchored.map((pattern) => picomatch.scan(pattern).base).filter((base) => base !== ""),
  };
}

function isAnchored(pattern: string): boolean {
  return /^~[/\\]/.test(pattern) || isAbsolute(pattern);
}

function anchor(pattern: string, home: string): string {
  return /^~[/\\]/.test(pattern) ? join(home, pattern.slice(2)) : pattern;
}
