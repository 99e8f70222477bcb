// Glob: finds files by name pattern.
import picomatch from "picomatch";
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { defineTool } from "./define_tool.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { pathCharsMax, shownPath } from "./paths.ts";
import { searchBase } from "./search_base.ts";
import { walk } from "./walk.ts";

export const globResultsMax = 1000;
export const globPatternCharsMax = 500;

const parameters = z.strictObject({
  pattern: z.string().min(1).max(globPatternCharsMax).describe('For example "**/*.ts" or "src/**/*.{js,ts}"'),
  path: z.string().min(1).max(pathCharsMax).optional().describe(
    "The folder to search, by default the workspace",
  ),
});
type Args = z.infer<typeof parameters>;

export const globTool = defineTool({
  name: "Glob",
  description:
    `Finds files whose path fits a pattern; sorted, at most ${globResultsMax}. Skips .git, node_modules and what .gitignore names.`,
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 30_000, outputCharsMax: 60_000 },
  subjects: ({ path = "." }) => [{ kind: "path", path, access: "read" }],
  run: findFiles,
});

async function findFiles(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const base = await searchBase(args.path, context);
  if (!base.isFolder) {
    throw new Problem("bad_request", `Cannot search "${args.path}": it is a file, give a folder`);
  }
  const matches = compileGlob(args.pattern);
  const found: string[] = [];
  const pieces = walk(base.real, { root: base.root, signal: context.signal });
  let step = await pieces.next();
  for (; !step.done && found.length <= globResultsMax; step = await pieces.next()) {
    const fitting = step.value.filter(({ below }) => matches(below));
    found.push(...fitting.map(({ path }) => shownPath(path, context.workspace)));
  }
  const more = found.length > globResultsMax;
  found.splice(globResultsMax);
  found.sort();
  if (more) found.push(`[stopped at ${globResultsMax} files: narrow the pattern or the path]`);
  const incomplete = step.done === true && !step.value.complete;
  if (incomplete) found.push("[the folder is too large to search whole: narrow the path]");
  const output = found.length === 0 ? "No files found" : found.join("\n");
  return { status: "finished", output, truncated: more || incomplete };
}

/** A test for paths relative to the searched folder, with `/`. A Problem for patterns that look elsewhere. */
export function compileGlob(pattern: string): (path: string) => boolean {
  const plain = pattern.replace(/^(\.\/)+/, "");
  if (/^[/\\]|^[A-Za-z]:|(^|[/{,])\.\.([/},]|$)/.test(plain)) {
    throw new Problem(
      "bad_request",
      `Cannot use pattern "${pattern}": it leaves the folder, set path and a pattern below it`,
    );
  }
  return picomatch(plain, { dot: true, maxLength: globPatternCharsMax });
}
