// `jamey tools`: lists what agents can use.
import type { Command } from "./command.ts";
import { neutral, neutralLine } from "./neutral.ts";

export const toolsCommand: Command = {
  usage: "tools",
  summary: "List the tools that agents can use",
  options: [],
  examples: ["jamey tools", "jamey tools --json | jq -r '.tools[].name'"],
  async run(context) {
    const { tools } = await (await context.client()).tools();
    const { bold } = context.terminal.colours;
    if (context.json) context.terminal.json({ tools });
    else {
      for (const { name, description } of tools) {
        const first = neutral(description).split("\n")[0] ?? "";
        context.terminal.line(`${bold(neutralLine(name).padEnd(18))} ${first}`);
      }
    }
    return 0;
  },
};
