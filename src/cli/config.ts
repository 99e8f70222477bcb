// `jamey config`: where the configuration is, what it says, changing and checking it.
import type { Command } from "./command.ts";

export const configCommand: Command = {
  usage: "config [...words]",
  summary: "Settings: config path, get [KEY], set KEY VALUE, check, key NAME (stores a secret from stdin)",
  options: [],
  examples: [
    "jamey config path",
    "jamey config get limits",
    "jamey config set limits.steps 200",
    "jamey config set providers.work.kind anthropic providers.work.key env:ANTHROPIC_API_KEY",
    "jamey config key work < key.txt",
  ],
  // The configuration's own code is loaded by those who ask for it: all other commands start without it.
  run: async (context, input) => (await import("./config_actions.ts")).runConfig(context, input),
};
