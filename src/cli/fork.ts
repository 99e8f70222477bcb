// `jamey fork`: a new session that starts from a point of another one.
import { type Command, need, seqMax } from "./command.ts";
import { nameOption } from "./new.ts";

export const forkCommand: Command = {
  usage: "fork <session>",
  summary: "Create a session that starts from a point of another one, and print its id",
  options: [
    ["--at <seq>", "The event to start from (default: the last one)"],
    ["--name <name>", "A name for the new session"],
  ],
  examples: ["jamey fork last", "jamey fork review --at 42 --name second-try"],
  async run(context, input) {
    const session = need(input, 0, "the session", "fork");
    const at = input.number("at", { min: 1, max: seqMax });
    const name = nameOption(input, "fork");
    const { session_id } = await (await context.client()).fork(session, {
      ...(at === undefined ? {} : { at }),
      ...name,
    });
    if (context.json) context.terminal.json({ session_id });
    else context.terminal.line(session_id);
    return 0;
  },
};
