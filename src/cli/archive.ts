// `jamey archive`: puts a session into the trash, from where it can come back.
import { type Command, need } from "./command.ts";

export const archiveCommand: Command = {
  usage: "archive <session>",
  summary: "Put a session away; it can be restored",
  options: [],
  examples: ["jamey archive review", "jamey restore review"],
  async run(context, input) {
    const session = need(input, 0, "the session", "archive");
    await (await context.client()).archive(session);
    if (context.json) context.terminal.json({ archived: true });
    else context.terminal.talk("Archived; bring it back with: jamey restore SESSION");
    return 0;
  },
};
