// `jamey extend`: lets a session that met a limit go on.
import { type Command, need } from "./command.ts";

export const extendCommand: Command = {
  usage: "extend <session>",
  summary: "Let agents that paused at a limit go on, or end their turns with --stop",
  options: [
    ["--actor <actor>", "Only what this agent, team or workflow waits for, or others wait for at its budget"],
    ["--stop", "End the turns instead"],
  ],
  examples: [
    "jamey extend last",
    "jamey extend last --actor main/agent:c9-1",
    "jamey extend last --stop",
  ],
  async run(context, input) {
    const session = need(input, 0, "the session", "extend");
    const decision = input.flag("stop") ? "stop" : "continue";
    await (await context.client()).answerBudget(session, decision, input.text("actor"));
    if (context.json) context.terminal.json({ decision });
    else context.terminal.talk(decision === "stop" ? "Ending the turn" : "Going on");
    return 0;
  },
};
