// The rule that the answer "always" would add: exactly what a person was asked about, and nothing wider.
import type { Rule } from "./contract.ts";
import { decidePermission } from "./decide.ts";
import type { PermissionQuestion } from "./layer.ts";
import { readRule } from "./rule.ts";
import { specifierKind } from "./specifier.ts";

/** Longer ones cannot be taken in at a glance. */
const offeredCharsMax = 1_000;

/** Null when no rule may answer this call: with it the call would be asked about all the same, or others would not. */
export function offeredRule(question: PermissionQuestion): string | null {
  const { grant: text, rules } = question;
  const read = readRule(text);
  if (!read.ok || text.length > offeredCharsMax) return null;
  const { tool, specifier } = read.rule;
  // In a rule these characters stand for others.
  if (specifier !== null && meaningful[specifierKind(tool, specifier)].test(specifier)) return null;
  const rule: Rule = { action: "allow", text, layer: "user", source: "this answer" };
  const after = decidePermission({ ...question, rules: { ...rules, rules: [...rules.rules, rule] } });
  return after.decision === "allow" ? text : null;
}

const meaningful = { command: /\*/, path: /[*?[\]\\{}!#]/, host: /\*/, name: /\*/, grant: /\*/ } as const;
