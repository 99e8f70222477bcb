// The system prompt: all that an agent is told before the conversation, put together. Pure: the same parts give the same
// text, so that a request can be built again from the log.
import type { PermissionMode } from "../protocol/permission_mode.ts";
import { defaultSystemTemplate, type SystemVariable } from "./system_template.ts";
import { renderTemplate, templateNames } from "./template.ts";

/** Characters of the list of skills; those that find no room are named only. */
export const skillListCharsMax = 30_000;

export interface SystemPromptParts {
  /** Left out: the built-in one. */
  template?: string;
  workspace: string;
  furtherFolders: readonly string[];
  /** What `factsText` gave; "" when nothing is known. */
  facts: string;
  /** What an agent should know of the sandbox its commands run in; left out or "": there is none. */
  sandbox?: string;
  toolNames: readonly string[];
  skills: readonly { name: string; description: string }[];
  /** The text of the instructions. */
  instructions: string;
  /** What was given when the session was created. */
  context: string;
  permissionMode: PermissionMode;
  planFile: string;
  isSubAgent: boolean;
}

/** Throws `bad_config` when the template uses a name that is not known; a template that was read is checked for that. */
export function composeSystemPrompt(parts: SystemPromptParts): string {
  const template = parts.template ?? defaultSystemTemplate;
  const variables: Record<SystemVariable, string> = {
    tools: toolHints(parts.toolNames),
    skills: skillList(parts),
    instructions: instructionText(parts.instructions),
    workspace: workspaceText(parts),
    context: parts.context,
    mode: modeText(parts),
    agent: parts.isSubAgent ? subAgentText : "",
  };
  const used = templateNames(template);
  // A template decides on words and order, but what an agent must know is said in any case.
  const missing = mustBeSaid.filter((name) => !used.has(name)).map((name) => variables[name]);
  return [
    renderTemplate(withoutEmpty(template, variables), variables),
    ...missing.filter((text) => text !== ""),
  ]
    .map((text) => text.trim()).join("\n\n");
}

/** Takes out lines that hold nothing but a variable which is empty, with the blank lines after them. */
function withoutEmpty(template: string, variables: Readonly<Record<string, string>>): string {
  return template.replace(/^[ \t]*\{([a-z][a-z0-9_]*)\}[ \t]*(?:\n\s*\n|\n|$)/gm, (line, name: string) => {
    return variables[name] === "" ? "" : line;
  });
}

const mustBeSaid: readonly SystemVariable[] = ["workspace", "context", "mode", "agent"];

const subAgentText =
  "You are a sub-agent: your last message is handed to the agent that started you, and to nobody else.";

function workspaceText(parts: SystemPromptParts): string {
  return [
    `Workspace: ${parts.workspace}`,
    ...(parts.furtherFolders.length === 0
      ? []
      : [`Further folders you may use: ${parts.furtherFolders.join(", ")}`]),
    ...[parts.facts, parts.sandbox ?? ""].filter((text) => text !== ""),
  ].join("\n");
}

/** A hint and the tools that it needs, all of them. */
const hints: readonly (readonly [needs: readonly string[], hint: string])[] = [
  [["Read", "Grep", "Glob"], "To look at files use Read, Grep and Glob rather than shell commands."],
  [
    ["Edit", "Write"],
    "Change files with Edit, and read them first; Write is for new files and whole rewrites.",
  ],
  [["TodoWrite"], "For work of three steps or more keep a todo list with TodoWrite, and keep it true."],
  [
    ["TaskCreate", "TaskUpdate"],
    "Work with dependencies, or for several agents, goes into tasks: TaskCreate, TaskUpdate.",
  ],
  [
    ["EnterPlanMode"],
    "When it is unclear what is wanted, or much would change, plan first with EnterPlanMode.",
  ],
  [["Agent"], "Hand a part that needs much reading and little context to a sub-agent with Agent."],
  [
    ["AskUserQuestion"],
    "When only the user can know, ask with AskUserQuestion, and not in the middle of your answer.",
  ],
];

function toolHints(toolNames: readonly string[]): string {
  const fitting = hints.filter(([needs]) => needs.every((name) => toolNames.includes(name)));
  return fitting.length === 0 ? "" : `# Tools\n${fitting.map(([, hint]) => `- ${hint}`).join("\n")}`;
}

function skillList({ skills, toolNames }: SystemPromptParts): string {
  if (skills.length === 0 || !toolNames.includes("Skill")) return "";
  let room = skillListCharsMax;
  const lines = skills.map(({ name, description }) => {
    const line = `- ${name}: ${description.replace(/\s+/g, " ")}`;
    room -= line.length;
    return room < 0 ? `- ${name}` : line;
  });
  return `# Skills\nWhen a task fits one of these, load it with Skill first and follow it:\n${
    lines.join("\n")
  }`;
}

function instructionText(instructions: string): string {
  if (instructions === "") return "";
  const head =
    "# Instructions\nWritten down by the user and in the repository. Where two differ, the later one counts; what the user says in the conversation counts more than all of them.";
  return `${head}\n\n${instructions}`;
}

function modeText({ permissionMode, planFile, isSubAgent }: SystemPromptParts): string {
  if (permissionMode !== "plan") return "";
  const rules =
    "Plan mode is on: look, search and think, and change nothing. Calls that change something are refused, also through other programs.";
  if (isSubAgent) return rules;
  const draft = planFile === "" ? "" : ` The one file you may write is the draft of the plan, "${planFile}".`;
  return `${rules}${draft} When the plan is ready call ExitPlanMode with all of it; a person decides.`;
}
