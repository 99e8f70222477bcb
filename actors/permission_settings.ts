// What people set about permissions: modes that may be refused, rules that must be readable, and the rules of the user's
// own file.
import type { PermissionRules } from "../src/permission/contract.ts";
import { readRule } from "../src/permission/rule.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import type { UserRule } from "../src/protocol/permission_views.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";

/** Throws a Problem `forbidden` for the one mode that whoever manages this machine can switch off. */
export async function checkMode(
  rules: PermissionRules | undefined,
  mode: PermissionMode,
  workspace: string,
): Promise<void> {
  if (mode !== "bypassPermissions" || (await rules?.of(workspace))?.bypassDisabled !== true) return;
  throw new Problem(
    "forbidden",
    'Cannot set the mode "bypassPermissions": this machine\'s settings forbid it',
    {
      hint: "Use auto, or allow what is needed with rules: jamey permissions --help",
    },
  );
}

/** Throws a Problem `bad_request` for a text that is no rule. */
export function checkRules(texts: readonly string[]): void {
  for (const text of texts) {
    const read = readRule(text);
    if (!read.ok) throw new Problem("bad_request", read.error, { hint: ruleHint });
  }
}

const ruleHint =
  "Rules are written as in: Bash(npm run test:*), Read(./secrets/**), WebFetch(domain:example.com), Edit";

export async function addUserRule(rules: PermissionRules | undefined, given: UserRule): Promise<void> {
  checkRules([given.rule]);
  await storeOf(rules).add(plain(given));
}

/** Throws a Problem `not_found` when the user gave no such rule there. */
export async function removeUserRule(rules: PermissionRules | undefined, given: UserRule): Promise<void> {
  const rule = plain(given);
  if (await storeOf(rules).remove(rule)) return;
  const where = rule.workspace === null ? "everywhere" : `in "${rule.workspace}"`;
  throw new Problem(
    "not_found",
    `Cannot remove the ${rule.action} rule ${JSON.stringify(rule.text)}: you gave none ${where}`,
    {
      hint: "jamey permissions says where each rule comes from; one that stands in a file is removed there",
    },
  );
}

/** The same folder has one name however it was reached. */
function plain({ action, rule, workspace }: UserRule) {
  return { action, text: rule.trim(), workspace: workspace === null ? null : realFolder(workspace) };
}

/** Throws a Problem `bad_request` for what is no folder. */
export function realFolder(path: string): string {
  try {
    const real = Deno.realPathSync(path);
    if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) {
      if (Deno.statSync(real).isDirectory) return real;
    }
  } catch (thrown) {
    throw new Problem("bad_request", `Cannot use the workspace "${path}": ${messageOf(thrown)}`);
  }
  throw new Problem("bad_request", `Cannot use the workspace "${path}": it is no absolute path of a folder`);
}

function storeOf(rules: PermissionRules | undefined): PermissionRules {
  if (rules !== undefined) return rules;
  throw new Problem("unavailable", "Cannot keep rules: this daemon has no store for them");
}
