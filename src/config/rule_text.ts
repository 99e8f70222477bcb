// What a settings file may call a permission rule: text that the rules' own reader understands.
import { readRule } from "../permission/rule.ts";
import { looksSecret } from "../providers/reference.ts";
import { ruleList } from "./rule_lists.ts";

/** Why this text is no rule; null when it is one. */
export function ruleFault(text: string): string | null {
  const read = readRule(text);
  if (read.ok) return null;
  // Its words without the rule itself, which whoever says them shows in their own way.
  const prefix = `Cannot read the rule "${text.trim().slice(0, 200)}": `;
  return read.error.startsWith(prefix) ? read.error.slice(prefix.length) : read.error;
}

/** Lists in which every rule must be readable: for files that stop the daemon when they are wrong. */
export const readableRules = ruleList.superRefine((texts, context) => {
  for (const [index, text] of texts.entries()) {
    const fault = ruleFault(text);
    if (fault === null) continue;
    const shown = looksSecret(text) ? "this" : JSON.stringify(text.slice(0, 200));
    context.addIssue({ code: "custom", path: [index], message: `is no rule: ${shown}, ${fault}` });
  }
});
