// What a standing answer would cover: exactly what a person was asked about, and nothing wider.
import type { Rule } from "./contract.ts";
import { decidePermission } from "./decide.ts";
import type { PermissionQuestion } from "./layer.ts";
import { readRule, sandboxedMark } from "./rule.ts";
import { confinementOf } from "./sandbox.ts";
import { isOpen, patternOf } from "./shell/pattern.ts";
import { specifierKind } from "./specifier.ts";

/** Longer ones cannot be taken in at a glance. */
const offeredCharsMax = 1_000;

/** The rule that "always" would add. Null when no rule may answer this call: with it the call would be asked about all the same, or others would not. */
export function offeredRule(question: PermissionQuestion): string | null {
  const { rules } = question;
  const text = coveredBy(question);
  const read = readRule(text);
  if (!read.ok || text.length > offeredCharsMax) return null;
  const { tool, specifier } = read.rule;
  // In a rule these characters stand for others.
  if (specifier !== null && isWider(tool, specifier)) return null;
  const rule: Rule = { action: "allow", text, layer: "user", source: "this answer" };
  const after = decidePermission({ ...question, rules: { ...rules, rules: [...rules.rules, rule] } });
  return after.decision === "allow" ? text : null;
}

/** What an answer for the session would cover. Null when the call would be asked about all the same. */
export function offeredGrant(question: PermissionQuestion): string | null {
  const { meta } = question;
  const covered = coveredBy(question);
  const after = decidePermission({ ...question, meta: { ...meta, granted: [...meta.granted, covered] } });
  return after.decision === "allow" ? covered : null;
}

/** An allowance for a command in the sandbox lets nothing run outside of it. */
function coveredBy(question: PermissionQuestion): string {
  return confinementOf(question) === "sandboxed" ? `${question.grant}${sandboxedMark}` : question.grant;
}

function isWider(tool: string, specifier: string): boolean {
  const kind = specifierKind(tool, specifier);
  if (kind === "command") return isOpen(patternOf(specifier));
  return kind === "path" ? /[*?[\]\\{}!#]/.test(specifier) : specifier.includes("*");
}
