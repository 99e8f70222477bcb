// From the texts that stand in a file to rules that can be matched, and to words about those that cannot be read.
import type { WrittenRule } from "../../config/rule_lists.ts";
import { ruleFault } from "../../config/rule_text.ts";
import type { Rule, RuleLayer } from "../contract.ts";

const shownChars = 200;

export interface ReadRules {
  rules: Rule[];
  problems: string[];
}

/**
 * Each rule names its file and line. One that cannot be read is a problem; it stays among the rules unless it allows,
 * because whoever decides asks a person about what it might mean.
 */
export function rulesOf(
  written: readonly WrittenRule[],
  { layer, path }: { layer: RuleLayer; path: string },
): ReadRules {
  const read: ReadRules = { rules: [], problems: [] };
  for (const { action, text, line } of written) {
    const source = line === undefined ? path : `${path}:${line}`;
    const fault = ruleFault(text);
    if (fault === null || action !== "allow") read.rules.push({ action, text, layer, source });
    if (fault === null) continue;
    const shown = JSON.stringify(text.slice(0, shownChars));
    read.problems.push(`Cannot use the ${action} rule ${shown} in "${source}": ${fault}`);
  }
  return read;
}
