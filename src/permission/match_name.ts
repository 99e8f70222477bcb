// Names against rules: sub-agents and skills, and the tools of MCP servers, whose names a folder may choose.

const mark = "mcp__";

/** A name with `*` in it, or a name and whatever follows (`name:*`). */
export function matchesName(pattern: string, name: string, isGenerous: boolean): boolean {
  if (pattern.endsWith(":*") && name === pattern.slice(0, -2)) return true;
  const glob = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${glob}$`, isGenerous ? "is" : "s").test(name);
}

export function isServerRule(ruleTool: string): boolean {
  return ruleTool.startsWith(mark);
}

/**
 * Whether a rule such as `mcp__server` is about this tool. `server` is the one it really belongs to: the name of a tool does
 * not tell where that of its server ends, so an allowance looks at the server itself.
 */
export function matchesServer(
  ruleTool: string,
  { tool, server }: { tool: string; server: string | null },
  isGenerous: boolean,
): boolean {
  if (!tool.startsWith(mark)) return false;
  if (ruleTool === tool || ruleTool === `${mark}*`) return true;
  const isWild = ruleTool.endsWith("*");
  const prefix = isWild ? ruleTool.slice(0, -1) : `${ruleTool}__`;
  if (isGenerous) {
    const names = server === null ? [tool] : [tool, `${mark}${server}__`, `${mark}${plain(server)}__`];
    return names.some((name) => name.toLowerCase().startsWith(prefix.toLowerCase()));
  }
  if (server === null) return false;
  if (prefix === `${mark}${server}__`) return true;
  // `mcp__server__get_*`: a part of one server's tools.
  return isWild && prefix.startsWith(`${mark}${server}__`) && tool.startsWith(prefix);
}

/** As names of tools have it. */
function plain(server: string): string {
  return server.replace(/[^A-Za-z0-9_-]/g, "_");
}
