// `jamey serve`: the daemon in the foreground.
import type { Command } from "./command.ts";

export const portMax = 65_535;

export const serveCommand: Command = {
  usage: "serve",
  summary: "Run the daemon in the foreground; prints its address when it is ready",
  options: [
    ["--host <host>", "Address to listen on (default: 127.0.0.1)"],
    ["--port <port>", "Port to listen on (default: 3000, or the next free one)"],
  ],
  examples: ["jamey serve", "jamey serve --port 4000 --data-dir ./data"],
  async run(context, input) {
    const host = input.text("host");
    const port = input.number("port", { min: 0, max: portMax });
    // The daemon stops gracefully by itself; its signals are its own.
    context.signals.close();
    return await context.serve({
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      dataDir: context.dataDir,
      ...(context.config === undefined ? {} : { config: context.config }),
    });
  },
};
