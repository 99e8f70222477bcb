// `jamey restart`: stop, then start.
import type { Command } from "./command.ts";
import { startCommand } from "./start.ts";
import { stopDaemon } from "./daemon.ts";

export const restartCommand: Command = {
  usage: "restart",
  summary: "Stop the daemon when it runs, and start it",
  options: startCommand.options,
  examples: ["jamey restart"],
  async run(context, input) {
    await stopDaemon(context);
    return await startCommand.run(context, input);
  },
};
