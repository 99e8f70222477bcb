// An approved MCP server whose tools stand in a file, so that a test can have it describe them in another way.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type McpDesk, mcpDesk } from "./mcp_desk.ts";

export type Told = { name: string; description?: string; inputSchema: Record<string, unknown> };
export const told = (name: string, description = "as it was"): Told => ({
  name,
  description,
  inputSchema: { type: "object" },
});

/** A server whose tools are in a file of the folder, so that they can change. */
export function tellTools(desk: Pick<McpDesk, "workspace">, tools: readonly Told[]): void {
  writeFileSync(join(desk.workspace.outside, "told.json"), JSON.stringify(tools));
}

export async function changeable(): Promise<McpDesk> {
  // The path is known only once the folder is made: the server is named in the folder's file then.
  const desk = await mcpDesk();
  desk.writeServers({ shifty: desk.bad("file", join(desk.workspace.outside, "told.json")) });
  tellTools(desk, [told("keeps"), told("turns")]);
  await desk.approve("mcp_server");
  await desk.source.refresh(desk.workspace.dir, "shifty");
  await desk.approve("mcp_tools");
  return desk;
}
