// `jamey approve`: allows a pending call.
import { type Command, need } from "./command.ts";
import { answerShown, reachOf } from "./approval_answer.ts";

export const approveCommand: Command = {
  usage: "approve <session> [call]",
  summary: "Allow a tool call that waits for approval; without CALL, list what waits",
  options: [
    ["--session", "Also allow the same call for the rest of the session"],
    ["--always", "Also allow it in this folder from now on, by a rule of yours"],
  ],
  examples: ["jamey approve last", "jamey approve last call_1", "jamey approve review call_1 --always"],
  async run(context, input) {
    const session = need(input, 0, "the session", "approve");
    const decision = `allow_${reachOf(input, "approve")}` as const;
    return await answerShown(context, { session, call: input.args[1], decision });
  },
};
