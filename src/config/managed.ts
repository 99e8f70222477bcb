// The settings of whoever manages this machine: they hold for every user, and a file that cannot be used stops the daemon,
// because what it forbids would be allowed otherwise.
import { z } from "zod";
import { messageOf, Problem } from "../protocol/problem.ts";
import { readConfigText } from "./file.ts";
import { checkToml, faultLine } from "./parse.ts";
import { rulesInToml, type WrittenRule } from "./rule_lists.ts";
import { readableRules } from "./rule_text.ts";

const settings = z.strictObject({
  permissions: z.strictObject({
    allow: readableRules.default([]),
    ask: readableRules.default([]),
    deny: readableRules.default([]),
    /** No session may work in the mode bypassPermissions. */
    disable_bypass: z.boolean().default(false),
  }).prefault({}),
});

export interface ManagedSettings {
  rules: readonly WrittenRule[];
  bypassDisabled: boolean;
}

/** What the file says; nothing when it is not there. Throws a Problem `bad_config` for a file that cannot be used. */
export async function readManaged(path: string): Promise<ManagedSettings> {
  const text = await readConfigText(path).catch((thrown) => {
    // Its words without the beginning, which names another kind of file.
    throw unusable(path, messageOf(thrown).replace(/^Cannot read config ".*?": /s, ""));
  });
  if (text === undefined) return { rules: [], bypassDisabled: false };
  const checked = checkToml(text, settings);
  if (!checked.ok) throw unusable(path, faultLine(checked.faults[0]));
  const { permissions } = checked.value;
  return { rules: rulesInToml(permissions, text), bypassDisabled: permissions.disable_bypass };
}

function unusable(path: string, why: string): Problem {
  return new Problem("bad_config", `Cannot use managed settings "${path}": ${why}`, {
    hint: "Whoever manages this machine has to correct the file; without it nothing is started",
  });
}
