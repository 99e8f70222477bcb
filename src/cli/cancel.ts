// `jamey cancel`: stops the running turn, one of a session's agents, or what runs beside the turn.
import { type Command, need } from "./command.ts";

export const cancelCommand: Command = {
  usage: "cancel <session>",
  summary:
    "Stop the running turn of a session and everything it started; without one, what runs beside it: calls by hand and agents in the background",
  options: [[
    "--actor <actor>",
    "Only this agent, team or workflow and what it started, by its name or path",
  ]],
  examples: ["jamey cancel last", "jamey cancel last --actor scout"],
  async run(context, input) {
    const session = need(input, 0, "the session", "cancel");
    await (await context.client()).cancel(session, input.text("actor"));
    if (context.json) context.terminal.json({ cancelled: true });
    else context.terminal.talk("It is being stopped");
    return 0;
  },
};
