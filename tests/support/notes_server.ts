// A real MCP server with notes from a folder. Whoever wrote the notes may not be a friend; sending one is a tool as well.
import { join } from "node:path";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/stdio"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const [folder = "."] = Deno.args;
const server = new McpServer({ name: "notes", version: "1.0.0" });
const text = (words: string, isError = false) => ({
  isError,
  content: [{ type: "text" as const, text: words }],
});

server.registerTool("read", {
  description: "Reads a note",
  inputSchema: { name: z.string(), fails: z.boolean().optional() },
  annotations: { readOnlyHint: true },
}, async ({ name, fails = false }) => text(await Deno.readTextFile(join(folder, name)), fails));

server.registerTool("send", {
  description: "Sends a note to an address",
  inputSchema: { to: z.string(), text: z.string() },
}, async ({ to, text: words }) => text(String((await fetch(to, { method: "POST", body: words })).status)));

await server.connect(new StdioServerTransport());
