// From the texts that stand in a file to rules that can be matched, and to words about those that cannot be read.
import { toolMeant } from "../../config/remarks.ts";
import type { WrittenRule } from "../../config/rule_lists.ts";
import { ruleFault } from "../../config/rule_text.ts";
import type { Rule, RuleLayer } from "../contract.ts";
import { unknownTool } from "../tool_names.ts";

const shownChars = 200;

export interface ReadRules {
  rules: Rule[];
  problems: string[];
}

/**
 * Each rule names its file and line. One that cannot be read is a problem; it stays among the rules unless it allows,
 * because whoever decides asks a person about what it might mean. A slip in a tool's name is a problem as well; a name that
 * is like none of ours is not, because files of other programs speak of tools that only those have. `ownTools`: those of
 * the user's configuration.
 */
export function rulesOf(
  written: readonly WrittenRule[],
  { layer, path, ownTools }: { layer: RuleLayer; path: string; ownTools: readonly string[] },
): ReadRules {
  const read: ReadRules = { rules: [], problems: [] };
  for (const { action, text, line } of written) {
    const source = line === undefined ? path : `${path}:${line}`;
    const fault = ruleFault(text);
    if (fault === null || action !== "allow") read.rules.push({ action, text, layer, source });
    const shown = JSON.stringify(text.slice(0, shownChars));
    const slip = slipIn(text, ownTools);
    if (fault !== null) read.problems.push(`Cannot use the ${action} rule ${shown} in "${source}": ${fault}`);
    else if (slip !== undefined) {
      read.problems.push(
        `The ${action} rule ${shown} in "${source}" is about no tool that there is; ${slip}`,
      );
    }
  }
  return read;
}

function slipIn(text: string, ownTools: readonly string[]): string | undefined {
  const tool = unknownTool(text, ownTools);
  return tool === null ? undefined : toolMeant(tool, ownTools);
}
