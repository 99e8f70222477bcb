// From the texts that stand in a file to rules that can be matched, and to words about those that cannot be read.
import type { WrittenRule } from "../../config/rule_lists.ts";
import { ruleFault } from "../../config/rule_text.ts";
import type { Rule, RuleLayer } from "../contract.ts";

export interface ReadRules {
  rules: Rule[];
  problems: string[];
}

/** Each rule names its file and line; one that cannot be read is a problem and holds nobody up. */
export function rulesOf(
  written: readonly WrittenRule[],
  { layer, path }: { layer: RuleLayer; path: string },
): ReadRules {
  const read: ReadRules = { rules: [], problems: [] };
  for (const { action, text, line } of written) {
    const source = line === undefined ? path : `${path}:${line}`;
    const fault = ruleFault(text);
    if (fault === null) read.rules.push({ action, text, layer, source });
    else {read.problems.push(
        `Cannot use the ${action} rule ${JSON.stringify(text.slice(0, 200))} in "${source}": ${fault}`,
      );}
  }
  return read;
}
