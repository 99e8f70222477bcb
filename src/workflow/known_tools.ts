// The tools that a workflow may name when no daemon runs that could be asked.
import { builtInToolNames } from "../permission/tool_names.ts";

/** `own`: the tools of the configuration. */
export function knownToolNames(own: readonly string[]): string[] {
  return [...builtInToolNames, ...own];
}
