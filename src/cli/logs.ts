// `jamey logs`: what the background daemon has said.
import { pause } from "../platform/pause.ts";
import type { Command, Context } from "./command.ts";
import { lastLines, logPath, readFrom, sizeOf } from "./daemon_log.ts";
import { neutral } from "./neutral.ts";

const linesDefault = 50;
const linesMax = 100_000;
const pollMs = 250;

export const logsCommand: Command = {
  usage: "logs",
  summary: "Show the end of the background daemon's log",
  options: [
    ["-n, --lines <count>", `How many lines (default: ${linesDefault})`],
    ["-f, --follow", "Go on with what is added, until Ctrl-C"],
  ],
  examples: ["jamey logs -n 20", "jamey logs -f"],
  async run(context, input) {
    const path = logPath(context.dataDir);
    const lines = input.number("lines", { min: 0, max: linesMax }) ?? linesDefault;
    const end = await sizeOf(path);
    if (end === 0) context.terminal.talk(`There is no log yet at "${path}"`);
    for (const line of await lastLines(path, lines)) context.terminal.line(neutral(line));
    if (input.flag("follow")) await followFile(context, path, end);
    return 0;
  },
};

/** Ends by a signal, or when stdout is closed. */
async function followFile({ terminal }: Context, path: string, start: number): Promise<never> {
  for (let at = start;;) {
    const { text, end } = await readFrom(path, at);
    if (text !== "") terminal.write(neutral(text));
    at = end;
    await pause(pollMs);
  }
}
