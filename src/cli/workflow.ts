// `jamey workflow`: checks and shows workflow files, and runs them.
import { refuseForeignOptions } from "./action_options.ts";
import type { Command } from "./command.ts";
import { settingOptions } from "./new.ts";
import { ruleOptions } from "./run_rules.ts";

export const workflowCommand: Command = {
  usage: "workflow [...words]",
  summary:
    "Workflows: check, show and run FILE, schema; list; status, pause, edit, resume and cancel SESSION",
  actions: [
    ["check FILE", "Say what is wrong with a file, and begin nothing"],
    ["show FILE", "Draw it; takes --mermaid, --svg, -o, and -s for the states of its last run"],
    ["schema", "Print the JSON Schema of workflow files"],
    [
      "run FILE",
      "Begin it, show how far it is and wait for its end; takes --input, --inputs-file, --detach, --unattended, " +
      "and -s or --name, --workspace, --model, --permission-mode, --allowed-tools, --ask-tools, --disallowed-tools",
    ],
    ["list", "The workflows of all sessions; takes -s for those of one"],
    ["status SESSION", "The nodes of one, with states and times; takes --workflow"],
    ["pause SESSION", "Begin no more nodes; takes --workflow"],
    ["edit SESSION FILE", "Let a paused one go on by this file when it is resumed; takes --workflow"],
    [
      "resume SESSION",
      "Let a paused one go on, and wait for its end; takes --workflow, --detach, --unattended",
    ],
    ["cancel SESSION", "End one, and all that runs for it; takes --workflow"],
  ],
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
    ["--name <name>", "With run: a name for the new session"],
    ["--workspace <folder>", "With run: the folder the new session works in (default: this one)"],
    ...settingOptions,
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
  run: async (context, input) => {
    refuseForeignOptions(workflowCommand, input);
    return await (await import("./workflow_actions.ts")).runWorkflowAction(context, input);
  },
};
