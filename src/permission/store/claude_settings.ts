// The permission rules in `.claude/settings.json`, the file in which many repositories keep theirs. All else in there is
// not ours.
import { z } from "zod";
import { messageOf } from "../../protocol/problem.ts";
import { ruleList, rulesInJson, type WrittenRule } from "../../config/rule_lists.ts";

const file = z.looseObject({
  permissions: z.looseObject({
    allow: ruleList.optional(),
    ask: ruleList.optional(),
    deny: ruleList.optional(),
  }).optional(),
});
/** What that file can say elsewhere and a folder cannot say here. */
const ignored = ["defaultMode", "additionalDirectories"];

export type ClaudeSettings = { rules: WrittenRule[]; notes: string[] } | { why: string };

/** The rules with their lines, and notes about what has no effect; or why the text makes no sense. */
export function readClaudeSettings(text: string): ClaudeSettings {
  const json = parseJson(text.replace(/^\ufeff/, ""));
  if ("why" in json) return json;
  const checked = file.safeParse(json.value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return { why: `"${issue?.path.join(".") ?? ""}": ${issue?.message ?? "it is no settings file"}` };
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
