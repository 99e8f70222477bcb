// `jamey tools`: lists what agents can use.
import type { Command } from "./command.ts";
import { neutral, neutralLine } from "./neutral.ts";

export const toolsCommand: Command = {
  usage: "tools",
  summary: "List the tools that agents can use",
  options: [],
  examples: ["jamey tools", "jamey tools --json | jq -r .name"],
  async run(context) {
    const { tools } = await (await context.client()).tools();
    const { bold } = context.terminal.colours;
    for (const tool of tools) {
      if (context.json) context.terminal.json(tool);
      else {
        const first = neutral(tool.description).split("\n")[0] ?? "";
        context.terminal.line(`${bold(neutralLine(tool.name).padEnd(18))} ${first}`);
      }
    }
    return 0;
  },
};
