// `jamey rename`: gives a session another name.
import { type Command, need } from "./command.ts";
import { checkedName } from "./new.ts";

export const renameCommand: Command = {
  usage: "rename <session> <name>",
  summary: "Give a session another name",
  options: [],
  examples: ["jamey rename last review"],
  async run(context, input) {
    const session = need(input, 0, "the session", "rename");
    const name = checkedName(need(input, 1, "the name", "rename"), { command: "rename", what: "the name" });
    await (await context.client()).rename(session, name);
    if (context.json) context.terminal.json({ name });
    return 0;
  },
};
