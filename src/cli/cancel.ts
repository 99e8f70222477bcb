// `jamey cancel`: stops the running turn, or what a person runs by hand.
import { type Command, need } from "./command.ts";

export const cancelCommand: Command = {
  usage: "cancel <session>",
  summary: "Stop the running turn of a session and everything it started; without one, what is run by hand",
  options: [],
  examples: ["jamey cancel last"],
  async run(context, input) {
    const session = need(input, 0, "the session", "cancel");
    await (await context.client()).cancel(session);
    if (context.json) context.terminal.json({ cancelled: true });
    else context.terminal.talk("It is being stopped");
    return 0;
  },
};
