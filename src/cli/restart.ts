// `jamey restart`: stop, then start. What could not start again is not stopped.
import { loadConfig } from "../config/file.ts";
import { Problem } from "../protocol/problem.ts";
import type { Command } from "./command.ts";
import { stopDaemon } from "./daemon.ts";
import { portMax } from "./serve.ts";
import { startCommand } from "./start.ts";

export const restartCommand: Command = {
  usage: "restart",
  summary: "Stop the daemon when it runs, and start it",
  options: startCommand.options,
  examples: ["jamey restart"],
  async run(context, input) {
    if (context.url !== undefined) {
      throw new Problem(
        "usage",
        'Cannot run "jamey restart": --url names a daemon, and none is started there',
        {
          hint: `Stop that one with: jamey stop --url ${context.url}`,
        },
      );
    }
    input.number("port", { min: 0, max: portMax });
    await loadConfig({ path: context.config, env: Deno.env.toObject(), os: Deno.build.os });
    await stopDaemon(context);
    return await startCommand.run(context, input);
  },
};
