// `jamey workflow`: checks and shows workflow files, and runs them.
import type { Command } from "./command.ts";
import { sessionOptions } from "./new.ts";
import { ruleOptions } from "./run_rules.ts";

export const workflowCommand: Command = {
  usage: "workflow [...words]",
  summary:
    "Workflows: check, show and run FILE, schema; list; status, pause, edit, resume and cancel SESSION",
  options: [
    ["--mermaid", "With show: as a Mermaid flowchart"],
    ["--svg", "With show: as an SVG picture"],
    ["-o, --output <file>", "With show: into this file (.svg, .mmd and .txt say what it is)"],
    [
      "-s, --session <session>",
      "With show: the states of its last run there; with run and list: in this session",
    ],
    // Written here and not where they are read: that code is loaded by those who run one.
    ["--input <name=value>", "With run: an input; several times for several"],
    ["--inputs-file <file>", "With run: inputs as YAML or JSON"],
    ["--workflow <name>", "With status and the like: which one, when a session has several"],
    ["--detach", "With run and resume: do not wait for the end"],
    ["--unattended", "With run and resume: nobody is here, refuse what asks"],
    ...sessionOptions,
    ...ruleOptions,
  ],
  examples: [
    "jamey workflow check review.yaml",
    "jamey workflow show review.yaml",
    "jamey workflow show review.yaml -o review.svg",
    "jamey workflow run review.yaml --input topic=backups",
    "jamey workflow status last",
    "jamey workflow schema > workflow.schema.json",
  ],
  // The checker and what it needs are loaded by those who ask for them: all other commands start without them.
  run: async (context, input) => (await import("./workflow_actions.ts")).runWorkflowAction(context, input),
};
