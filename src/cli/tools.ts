// `jamey tools`: lists what agents can use in this folder, and where each tool comes from.
import type { Client } from "../client/client.ts";
import type { Command } from "./command.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import { tableLines } from "./table.ts";
import type { Colours } from "./terminal.ts";

const aboutCharsMax = 120;

export const toolsCommand: Command = {
  usage: "tools",
  summary: "List the tools that agents can use in this folder",
  options: [["--workspace <folder>", "Another folder"]],
  examples: ["jamey tools", "jamey tools --json | jq -r '.tools[].name'"],
  async run(context, input) {
    const folder = workspaceOf(input.text("workspace"));
    const client = await context.client();
    if (context.json) context.terminal.json({ tools: await toolsIn(client, folder) });
    else {
      for (const line of await toolLines(client, folder, context.terminal.colours)) {
        context.terminal.line(line);
      }
    }
    return 0;
  },
};

/** The tools of a folder as a table. */
export async function toolLines(client: Client, folder: string, colours: Colours): Promise<string[]> {
  const rows = (await toolsIn(client, folder)).map(({ name, origin, description }) => [
    neutralLine(name),
    neutralLine(origin),
    shortLine(description.split("\n")[0] ?? "", aboutCharsMax),
  ]);
  const tint = (cell: string, { column }: { column: number }) => column === 0 ? colours.bold(cell) : cell;
  return tableLines(["TOOL", "FROM", "WHAT IT DOES"], rows, { colours, tint });
}

/** `origin` says who brings a tool: jamey itself, a server of the Model Context Protocol, or the configuration. */
async function toolsIn(client: Client, folder: string) {
  const builtIn = new Set((await client.tools()).tools.map(({ name }) => name));
  const { tools } = await client.tools(folder);
  return tools.map((tool) => {
    const server = /^mcp__(.+?)__/.exec(tool.name)?.[1];
    const origin = builtIn.has(tool.name)
      ? "built in"
      : server === undefined
      ? "configured"
      : `mcp ${server}`;
    return { ...tool, origin };
  });
}
