// What `jamey workflow` does: the first word says it.
import { Problem } from "../protocol/problem.ts";
import { workflowSchema } from "../workflow/json_schema.ts";
import type { Context, Input } from "./command.ts";
import { checkFile } from "./workflow_check.ts";
import { changeWorkflow, listWorkflows, showStatus } from "./workflow_manage.ts";
import { runWorkflow } from "./workflow_run.ts";
import { showFile } from "./workflow_show.ts";

type Action = (context: Context, input: Input, words: readonly string[]) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  check: (context, input, words) => checkFile(context, input, words),
  show: (context, input, words) => showFile(context, input, words),
  schema: printSchema,
  run: (context, input, words) => runWorkflow(context, input, wordOf("run", words, "the file")),
  list: (context, input) => listWorkflows(context, input),
  status: (context, input, words) => showStatus(context, input, wordOf("status", words, "the session")),
  pause: (context, input, words) => {
    return changeWorkflow(context, input, {
      change: "pause",
      session: wordOf("pause", words, "the session"),
    });
  },
  resume: (context, input, words) => {
    return changeWorkflow(context, input, {
      change: "resume",
      session: wordOf("resume", words, "the session"),
    });
  },
  cancel: (context, input, words) => {
    return changeWorkflow(context, input, {
      change: "cancel",
      session: wordOf("cancel", words, "the session"),
    });
  },
  edit: (context, input, words) => {
    const session = wordOf("edit", words, "the session");
    const file = wordOf("edit", words.slice(1), "the file");
    return changeWorkflow(context, input, { change: "edit", session, file });
  },
};

export async function runWorkflowAction(context: Context, input: Input): Promise<number> {
  const [name = "", ...words] = input.args;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return await action(context, input, words);
  const what = name === "" ? "what to do is missing" : `there is no "workflow ${name}"`;
  throw new Problem(
    "usage",
    `Cannot run "jamey workflow": ${what}, it is one of ${Object.keys(actions).join(", ")}`,
    {
      hint: "See: jamey workflow --help",
    },
  );
}

function printSchema({ terminal }: Context): Promise<number> {
  terminal.write(JSON.stringify(workflowSchema(), null, 2) + "\n");
  return Promise.resolve(0);
}

function wordOf(action: string, [word]: readonly string[], what: string): string {
  if (word !== undefined && word !== "") return word;
  throw new Problem("usage", `Cannot run "jamey workflow ${action}": ${what} is missing`, {
    hint: "See: jamey workflow --help",
  });
}
