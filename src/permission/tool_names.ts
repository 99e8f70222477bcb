// The names of the tools that every daemon has: a rule with another name is about nothing, and mostly a slip.
import { readRule } from "./rule.ts";

export const builtInToolNames: readonly string[] = [
  "Agent",
  "AgentList",
  "AgentStop",
  "AgentWait",
  "AskUserQuestion",
  "Bash",
  "BashOutput",
  "Browser",
  "Compact",
  "Computer",
  "Edit",
  "EnterPlanMode",
  "EnterWorktree",
  "ExitPlanMode",
  "ExitWorktree",
  "Glob",
  "Grep",
  "Hook",
  "KillShell",
  "NotebookEdit",
  "Read",
  "SendMessage",
  "Skill",
  "TaskCreate",
  "TaskGet",
  "TaskList",
  "TaskUpdate",
  "Team",
  "TodoWrite",
  "Undo",
  "WebFetch",
  "WebSearch",
  "WorkDone",
  "Write",
];

/**
 * The tool that a rule names when there is none of that name; null when there is one, and for a text that is no rule.
 * `own`: the tools of the user's configuration. Those of servers are not known before the servers run.
 */
export function unknownTool(rule: string, own: readonly string[]): string | null {
  const read = readRule(rule);
  if (!read.ok) return null;
  const { tool } = read.rule;
  const isKnown = tool === "*" || tool.startsWith("mcp__") || builtInToolNames.includes(tool) ||
    own.includes(tool);
  return isKnown ? null : tool;
}
