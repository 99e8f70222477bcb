// Names of MCP tools as models see them: `mcp__server__tool`, in characters and lengths that every provider takes.
import { createHash } from "node:crypto";

export const nameCharsMax = 64;
const hashChars = 8;

/** How the names of all MCP tools begin. */
export const mcpMark = "mcp__";

/** How the names of a server's tools begin, unless they had to be cut. */
export function toolPrefix(server: string): string {
  return `${mcpMark}${server.replace(/[^A-Za-z0-9_-]/g, "_")}__`;
}

/**
 * Different tools get different names, whatever they are called and in whatever order they come: a name that had to be
 * changed, or in which it could not be told where the server ends and the tool begins, carries a hash of the original.
 */
export function toolName(server: string, tool: string): string {
  const original = `${mcpMark}${server}__${tool}`;
  const isPlain = /^[A-Za-z0-9_-]+$/.test(original) && original.length <= nameCharsMax;
  const isClear = server !== "" && tool !== "" && !server.includes("__") && !server.endsWith("_") &&
    !tool.startsWith("_");
  if (isPlain && isClear) return original;
  const hash = createHash("sha256").update(JSON.stringify([server, tool])).digest("hex").slice(0, hashChars);
  const safe = original.replace(/[^A-Za-z0-9_-]/g, "_");
  return `${safe.slice(0, nameCharsMax - hashChars - 1)}_${hash}`;
}
