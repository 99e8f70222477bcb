// The result of a `jamey run` whose words could not even be understood: who asked for JSON gets the last line all the same.
import type { Problem } from "../protocol/problem.ts";
import { createRunFold, type RunResult } from "./run_outcome.ts";

/** Undefined when no run was meant, or one that prints text. */
export function refusedRun(words: readonly string[], problem: Problem): RunResult | undefined {
  const end = words.indexOf("--");
  const options = end < 0 ? words : words.slice(0, end);
  const isRun = options.find((word) => !word.startsWith("-")) === "run" ||
    options.some((word) => /^(-p|--prompt|--print)(=|$)/.test(word));
  const format = options.flatMap((word, place) => {
    const [, value] = /^--output-format(?:=(.*))?$/.exec(word) ?? [];
    return word.startsWith("--output-format") ? [value ?? options[place + 1]] : [];
  }).at(-1);
  const wantsJson = format === "json" || format === "stream-json" || options.includes("--json");
  return isRun && wantsJson ? createRunFold().result(null, 0, { problem }) : undefined;
}
