// `jamey undo`: takes back a change of a file that a call of a session made.
import { Problem } from "../protocol/problem.ts";
import { type Command, need } from "./command.ts";

export const undoCommand: Command = {
  usage: "undo <session>",
  summary: "Take back the newest change of a file that still stands, byte for byte",
  options: [
    ["--call <id>", "The call to take back (that of an undo makes the change again)"],
    ["--list", "Only list the changes, the newest first"],
  ],
  examples: ["jamey undo last", "jamey undo last --list", "jamey undo review --call c12-1"],
  async run(context, input) {
    const session = need(input, 0, "the session", "undo");
    const call = input.text("call");
    const list = input.flag("list");
    if (list && call !== undefined) {
      throw new Problem("usage", 'Cannot run "jamey undo": --list and --call do not go together, give one');
    }
    const args = { ...(call === undefined ? {} : { call_id: call }), ...(list ? { list } : {}) };
    const { result } = await (await context.client()).runTool(session, "Undo", args);
    // The model reads of an error in the text itself; a person is told so before it.
    if (!result.success) throw new Problem("conflict", result.output.replace(/^Error: /, ""));
    if (context.json) context.terminal.json(result);
    else context.terminal.line(result.output);
    return 0;
  },
};
