// Argument errors in words: what a model reads when its arguments do not fit a tool.
import { z } from "zod";
import type { JsonObject } from "../src/protocol/json.ts";

const issuesMax = 10;

/** One line that names each wrong, missing and unknown argument. */
export function wordArgumentErrors(
  toolName: string,
  issues: readonly z.core.$ZodIssue[],
  args: JsonObject,
  schema: JsonObject,
): string {
  const lines = issues.slice(0, issuesMax).map((issue) => wordIssue(issue, args, schema));
  return `Cannot run ${toolName}: ${lines.join("; ")}`;
}

function wordIssue(issue: z.core.$ZodIssue, args: JsonObject, schema: JsonObject): string {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(schema["properties"]));
    return `${quoteAll(issue.keys)} is not an argument (known: ${quoteAll(known)})`;
  }
  const name = issue.path.map(String).join(".");
  if (issue.path.length === 1 && !Object.hasOwn(args, name)) return `"${name}" is missing`;
  return `"${name}" is wrong, ${issue.message.replace(/^Invalid input: /, "").replace(/\.$/, "")}`;
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
