// `jamey approve`: allows a pending call.
import { type Command, need } from "./command.ts";
import { answerShown } from "./approvals.ts";

export const approveCommand: Command = {
  usage: "approve <session> [call]",
  summary: "Allow a tool call that waits for approval; without CALL, list what waits",
  options: [["--always", "Also allow the same kind of call for the rest of the session"]],
  examples: ["jamey approve last", "jamey approve last call_1", "jamey approve review call_1 --always"],
  async run(context, input) {
    const session = need(input, 0, "the session", "approve");
    const decision = input.flag("always") ? "allow_always" as const : "allow_once" as const;
    return await answerShown(context, { session, call: input.args[1], decision });
  },
};
