// `jamey send`: a message to a session, or to one of its agents, without waiting for what becomes of it.
import { type Command, need } from "./command.ts";

export const sendCommand: Command = {
  usage: "send <session> [...message]",
  summary: "Send a message to a session, or to one of its agents, and go on",
  options: [
    ["--to <agent>", "Another agent than the main one, by its name or path (see: jamey tree)"],
    ["--queue", "For the turn after this one, instead of the running one"],
  ],
  examples: ["jamey send last Look at the tests too", "jamey send review --to scout Stop at the first one"],
  async run(context, input) {
    const session = need(input, 0, "the session", "send");
    need(input, 1, "the message", "send");
    const message = input.args.slice(1).join(" ");
    const to = input.text("to");
    const receipt = await (await context.client()).send(session, {
      message,
      ...(to === undefined ? {} : { to }),
      ...(input.flag("queue") ? { delivery: "queue" } : {}),
    });
    if (context.json) context.terminal.json(receipt);
    else context.terminal.talk("Sent");
    return 0;
  },
};
