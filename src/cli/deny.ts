// `jamey deny`: refuses a pending call.
import { type Command, need } from "./command.ts";
import { answerShown, reachOf } from "./approval_answer.ts";

export const denyCommand: Command = {
  usage: "deny <session> [call]",
  summary: "Refuse a tool call that waits for approval; without CALL, list what waits",
  options: [
    ["--reason <text>", "What to tell the agent"],
    ["--session", "Also refuse the same call for the rest of the session"],
    ["--always", "Also refuse it in this folder from now on, by a rule of yours"],
  ],
  examples: ["jamey deny last", 'jamey deny last call_1 --reason "use the test database"'],
  async run(context, input) {
    const session = need(input, 0, "the session", "deny");
    const reason = input.text("reason");
    return await answerShown(context, {
      session,
      call: input.args[1],
      decision: `reject_${reachOf(input, "deny")}`,
      ...(reason === undefined ? {} : { reason }),
    });
  },
};
