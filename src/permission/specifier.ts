// What may stand in the brackets of a rule, tool by tool, and which rules are about which tools.
import { hostMark, readHost } from "./match_host.ts";

export type SpecifierKind = "command" | "path" | "host" | "name" | "grant";

const kinds: Readonly<Record<string, SpecifierKind>> = {
  Bash: "command",
  Read: "path",
  Glob: "path",
  Grep: "path",
  Edit: "path",
  Write: "path",
  NotebookEdit: "path",
  Undo: "path",
  WebFetch: "host",
  Agent: "name",
  Team: "name",
  Skill: "name",
};

/** How a specifier of this tool is read; `grant`: as the tool itself words what a standing answer covers. */
export function specifierKind(tool: string, specifier: string): SpecifierKind {
  if (tool === "Browser" && specifier.startsWith(hostMark)) return "host";
  return Object.hasOwn(kinds, tool) ? kinds[tool] ?? "grant" : "grant";
}

/** Rules for reading and editing are about all tools that do it. */
const families: Readonly<Record<string, readonly string[]>> = {
  Read: ["Read", "Glob", "Grep"],
  Edit: ["Edit", "Write", "NotebookEdit", "Undo"],
};

/** Whether a rule that names this tool is about calls of that one. */
export function isAbout(ruleTool: string, tool: string): boolean {
  return ruleTool === "*" || ruleTool === tool ||
    (Object.hasOwn(families, ruleTool) && families[ruleTool]?.includes(tool) === true);
}

/** Why this cannot stand in the brackets, or null. */
export function wordRuleProblem(tool: string, specifier: string): string | null {
  switch (specifierKind(tool, specifier)) {
    case "path":
      if (specifier.startsWith("!")) return '"!" does not turn a rule round, write a rule of the other kind';
      if (/^~[^/]/.test(specifier)) return "homes of other users are not known, write the whole path";
      if (/\{[^}]*,/.test(specifier)) return "braces are not known here, write one rule for each";
      return /.\/\.\.?(\/|$)/.test(specifier.replace(/^(\.\.?\/)+/, ""))
        ? '"." and ".." may stand at the beginning only'
        : null;
    case "host":
      return readHost(specifier) === null
        ? `write "${tool}(domain:example.com)" or "${tool}(domain:*.example.com)", without a port or a path`
        : null;
    case "name":
      return /\s/.test(specifier) ? `"${specifier.slice(0, 60)}" is not a name` : null;
    case "command":
    case "grant":
      return null;
  }
}
