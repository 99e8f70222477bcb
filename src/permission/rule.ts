// Reads the text of a rule: `Tool`, or `Tool(specifier)`. Says in words why a text is none: a rule must never be lost in silence.
import { wordRuleProblem } from "./specifier.ts";

/** Rules hold a whole command at most. */
export const ruleCharsMax = 32_000;

/** At the end of what allows commands in the sandbox only: it lets nothing run outside of it. */
export const sandboxedMark = " [in the sandbox]";

export interface ParsedRule {
  /** The tool's name, `*` for every tool, or `mcp__server`, with one `*` at its end at most. */
  tool: string;
  /** Null: every call of the tool. */
  specifier: string | null;
  /** Allows only what runs in the sandbox. A refusal or a question is about the command however it would run. */
  confined: boolean;
}

export type ReadRule = { ok: true; rule: ParsedRule } | { ok: false; error: string };

/** Names that other programs use for tools of ours. */
const otherNames: Readonly<Record<string, string>> = { Task: "Agent", KillBash: "KillShell" };
/** Rules are about these by a specifier; a word that differs from one of them in its case only is a slip. */
const knownNames = [
  "Bash",
  "Read",
  "Glob",
  "Grep",
  "Edit",
  "Write",
  "NotebookEdit",
  "Undo",
  "WebFetch",
  "WebSearch",
  "Browser",
  "Computer",
  "Agent",
  "Team",
  "Skill",
];

export function readRule(given: string): ReadRule {
  const text = given.trim();
  const refuse = (what: string): ReadRule => ({
    ok: false,
    error: `Cannot read the rule "${text.slice(0, 200)}": ${what}`,
  });
  if (text.length > ruleCharsMax) return refuse(`it has more than ${ruleCharsMax} characters`);
  if (text.includes("\0")) return refuse("it holds a NUL character");
  const confined = text.endsWith(sandboxedMark);
  const body = confined ? text.slice(0, -sandboxedMark.length) : text;
  const open = body.indexOf("(");
  const name = open === -1 ? body : body.slice(0, open);
  if (open !== -1 && !body.endsWith(")")) return refuse('it ends without ")"');
  const wrongName = wordNameProblem(name);
  if (wrongName !== null) return refuse(wrongName);
  const tool = otherNames[name] ?? name;
  if (confined && tool !== "Bash") return refuse(`"${sandboxedMark.trim()}" is for rules about "Bash" only`);
  const specifier = open === -1 ? null : body.slice(open + 1, -1).trim();
  if (specifier === null) return { ok: true, rule: { tool, specifier, confined } };
  if (specifier === "") return refuse(`nothing stands between the brackets, write "${name}" for every call`);
  if (tool === "*" || tool.startsWith("mcp__")) {
    return refuse("brackets are not possible here, leave them out");
  }
  if (specifier === "*") return { ok: true, rule: { tool, specifier: null, confined } };
  const problem = wordRuleProblem(tool, specifier);
  return problem === null ? { ok: true, rule: { tool, specifier, confined } } : refuse(problem);
}

function wordNameProblem(name: string): string | null {
  if (name === "") return 'a rule begins with the name of a tool, as in "Bash(npm test)"';
  if (name === "*") return null;
  if (name.startsWith("mcp__")) {
    // A wildcard within the name of a server would cover servers that nobody thought of.
    const head = name.endsWith("*") ? name.slice(0, -1) : name;
    const isWhole = !name.endsWith("*") || head === "mcp__" || head.slice("mcp__".length).includes("__");
    return /^mcp__[^\s()*]*$/.test(head) && name !== "mcp__" && isWhole
      ? null
      : 'rules for servers are "mcp__server", "mcp__server__*" and "mcp__server__tool"';
  }
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) return `"${name.slice(0, 60)}" is not the name of a tool`;
  const meant = knownNames.find((known) => known !== name && known.toLowerCase() === name.toLowerCase());
  return meant === undefined ? null : `there is no tool "${name}", write "${meant}"`;
}
