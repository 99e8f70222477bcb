// `jamey permissions`: which rules hold and where each comes from, why a call would run or not, and rules of one's own.
import { permissionMode } from "../protocol/permission_mode.ts";
import type { Command } from "./command.ts";

export const permissionsCommand: Command = {
  usage: "permissions [...words]",
  summary: "List the rules in force; or: explain COMMAND, allow RULE, ask RULE, deny RULE, remove RULE",
  options: [
    ["-s, --session <session>", "What holds in this session (default: in new sessions of this folder)"],
    ["--workspace <folder>", "Another folder than this one"],
    ["--everywhere", "With allow, ask, deny, remove: a rule for all folders"],
    ["--tool <name>", "With explain: a call of this tool instead of a command"],
    ["--args <json>", "With --tool: its arguments"],
    ["--mode <mode>", `With explain: in this mode (${permissionMode.options.join(", ")})`],
  ],
  examples: [
    "jamey permissions",
    "jamey permissions explain 'git status && rm -rf build'",
    'jamey permissions explain --tool Edit --args \'{"file_path":"src/app.ts"}\' --mode acceptEdits',
    "jamey permissions allow 'Bash(npm run test:*)'",
    "jamey permissions deny 'Read(./secrets/**)' --everywhere",
    "jamey permissions remove 'Bash(npm run test:*)'",
  ],
  run: async (context, input) => (await import("./permission_actions.ts")).runPermissions(context, input),
};
