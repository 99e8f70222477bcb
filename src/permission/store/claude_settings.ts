// The permission rules in `.claude/settings.json`, the file in which many repositories keep theirs. All else in there is
// not ours.
import { z } from "zod";
import { messageOf } from "../../protocol/problem.ts";
import { faultsOf } from "../../config/faults.ts";
import {
  restrictionsHold,
  restrictionsIn,
  ruleList,
  rulesInJson,
  type WrittenRule,
} from "../../config/rule_lists.ts";

const file = z.looseObject({
  permissions: z.looseObject({
    allow: ruleList.optional(),
    ask: ruleList.optional(),
    deny: ruleList.optional(),
  }).optional(),
});
/** What that file can say elsewhere and a folder cannot say here. */
const ignored = ["defaultMode", "additionalDirectories"];

export interface ClaudeSettings {
  rules: WrittenRule[];
  /** About what has no effect. */
  notes: string[];
  /** Why the file cannot be used as it is: its rules are those that refuse or ask. */
  why?: string;
}

/** The rules with their lines; of a text with a fault in it those that tighten, and why the others do not count. */
export function readClaudeSettings(text: string): ClaudeSettings {
  const json = parseJson(text.replace(/^\ufeff/, ""));
  if ("why" in json) return { rules: [], notes: [], why: json.why };
  const checked = file.safeParse(json.value);
  if (!checked.success) {
    const [fault] = checked.error.issues.flatMap((issue) => faultsOf(issue, file));
    const rules = rulesInJson(restrictionsIn(json.value), text);
    const why = fault?.what ?? "it is no settings file";
    return { rules, notes: [], why: rules.length === 0 ? why : `${why}; ${restrictionsHold}` };
  }
  const { permissions = {} } = checked.data;
  const notes = ignored.filter((key) => key in permissions)
    .map((key) => `"permissions.${key}" has no effect: a folder does not decide that`);
  return { rules: rulesInJson(permissions, text), notes };
}

function parseJson(text: string): { value: unknown } | { why: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
}
