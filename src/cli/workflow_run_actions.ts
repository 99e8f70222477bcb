// The actions of `jamey workflow` that run workflows or look at those that run.
import { Problem } from "../protocol/problem.ts";
import type { Context, Input } from "./command.ts";
import { changeWorkflow, listWorkflows, showStatus } from "./workflow_manage.ts";
import { startAndFollow } from "./workflow_run.ts";

type Action = (context: Context, input: Input, words: readonly string[]) => Promise<number>;

const change = (what: "pause" | "resume" | "cancel"): Action => (context, input, words) =>
  changeWorkflow(context, input, { change: what, session: wordOf(what, words, "the session") });

export const runActions = {
  run: (context, input, words) => startAndFollow(context, input, wordOf("run", words, "the file")),
  list: (context, input) => listWorkflows(context, input),
  status: (context, input, words) => showStatus(context, input, wordOf("status", words, "the session")),
  pause: change("pause"),
  resume: change("resume"),
  cancel: change("cancel"),
  edit: (context, input, words) => {
    const session = wordOf("edit", words, "the session");
    const file = wordOf("edit", words.slice(1), "the file");
    return changeWorkflow(context, input, { change: "edit", session, file });
  },
} satisfies Record<string, Action>;

function wordOf(action: string, [word]: readonly string[], what: string): string {
  if (word !== undefined && word !== "") return word;
  throw new Problem("usage", `Cannot run "jamey workflow ${action}": ${what} is missing`, {
    hint: "See: jamey workflow --help",
  });
}
