// The permission rules of one run: `--allowed-tools`, `--ask-tools` and `--disallowed-tools`, as often as wanted or with
// commas between.
import { ruleFault } from "../config/rule_text.ts";
import { Problem } from "../protocol/problem.ts";
import type { Input } from "./command.ts";
import { shortLine } from "./neutral.ts";

export const ruleOptions = [
  ["--allowed-tools <rules>", "Permission rules that allow, for this session only: 'Read,Bash(npm test)'"],
  ["--ask-tools <rules>", "Permission rules that ask whatever else allows, for this session only"],
  ["--disallowed-tools <rules>", "Permission rules that refuse, for this session only"],
] as const;

export interface RunRules {
  allow: string[];
  ask: string[];
  deny: string[];
}

/** Undefined when none was given; a Problem `usage` for a text that is no rule. */
export function runRules(input: Input): RunRules | undefined {
  const rules = {
    allow: rulesOf(input, "allowedTools", "--allowed-tools"),
    ask: rulesOf(input, "askTools", "--ask-tools"),
    deny: rulesOf(input, "disallowedTools", "--disallowed-tools"),
  };
  return Object.values(rules).every((texts) => texts.length === 0) ? undefined : rules;
}

function rulesOf(input: Input, option: string, flag: string): string[] {
  return input.texts(option).flatMap(splitRules).map((rule) => {
    const fault = ruleFault(rule);
    if (fault === null) return rule;
    throw new Problem(
      "usage",
      `Cannot run "jamey run": "${flag}" holds "${shortLine(rule, 200)}", which is no rule: ${fault}`,
      { hint: `Write it as in: ${flag} 'Read,Bash(npm run test:*)'` },
    );
  });
}

/** Commas within brackets belong to the rule. */
export function splitRules(text: string): string[] {
  const rules = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth = Math.max(0, depth - 1);
    if (character === "," && depth === 0) rules.push("");
    else rules[rules.length - 1] += character;
  }
  return rules.map((rule) => rule.trim()).filter((rule) => rule !== "");
}
