// `jamey start`: the daemon in the background.
import type { Command } from "./command.ts";
import { isAnswering, startDaemon } from "./daemon.ts";
import { daemonStatus } from "./status.ts";

export const startCommand: Command = {
  usage: "start",
  summary: "Start the daemon in the background (also: jamey runtime start)",
  options: [
    ["--host <host>", "Address to listen on (default: 127.0.0.1)"],
    ["--port <port>", "Port to listen on (default: 3000, or the next free one)"],
  ],
  examples: ["jamey start", "jamey start --port 4000"],
  async run(context, input) {
    const running = await isAnswering(context);
    if (running) context.terminal.talk("The daemon runs already");
    else await startDaemon(context, { host: input.text("host"), port: input.text("port") });
    const status = await daemonStatus(context);
    if (context.json) context.terminal.json(status);
    else context.terminal.line(`jamey ${status.version} at ${status.url} (process ${status.pid})`);
    return 0;
  },
};
