// `jamey stop`: asks the daemon to end and waits for it.
import type { Command } from "./command.ts";
import { stopDaemon } from "./daemon.ts";

export const stopCommand: Command = {
  usage: "stop",
  summary: "Stop the daemon; running turns are recorded as interrupted",
  options: [],
  examples: ["jamey stop"],
  async run(context) {
    const stopped = await stopDaemon(context);
    if (context.json) context.terminal.json({ stopped });
    else context.terminal.talk(stopped ? "The daemon has stopped" : "No daemon was running");
    return 0;
  },
};
