// `jamey restore`: brings an archived session back.
import { type Command, need } from "./command.ts";

export const restoreCommand: Command = {
  usage: "restore <session>",
  summary: "Bring an archived session back",
  options: [],
  examples: ["jamey restore review"],
  async run(context, input) {
    const session = need(input, 0, "the session", "restore");
    await (await context.client()).restore(session);
    if (context.json) context.terminal.json({ restored: true });
    else context.terminal.talk("Restored");
    return 0;
  },
};
