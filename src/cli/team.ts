// `jamey team`: begins teams of agents from files, shows them, and writes to their members.
import { refuseForeignOptions } from "./action_options.ts";
import type { Command } from "./command.ts";
import { settingOptions } from "./new.ts";

export const teamCommand: Command = {
  usage: "team [...words]",
  summary:
    "Teams of agents: team run FILE, check FILE, show SESSION, send SESSION NAME TEXT, cancel SESSION [TEAM]",
  actions: [
    ["check FILE", "Say what is wrong with a file, and begin nothing"],
    [
      "run FILE",
      "Begin the team, say what happens and wait for its end; " +
      "takes --prompt, --detach, and -s or --name, --workspace, --model, --permission-mode",
    ],
    ["show SESSION", "Its teams: members, states, milestones; takes --at"],
    ["send SESSION NAME TEXT...", "Write to a member, by its name"],
    ["cancel SESSION [TEAM]", "End its teams, or only this one"],
  ],
  options: [
    ["-s, --session <session>", "With run: begin it in this session (default: a new one)"],
    ["--prompt <text>", "With run: added to the goal of the file"],
    ["--detach", "With run: do not wait for the end"],
    ["--at <seq>", "With show: as it was after this event"],
    ["--name <name>", "With run: a name for the new session"],
    ["--workspace <folder>", "With run: the folder the new session works in (default: this one)"],
    ...settingOptions,
  ],
  examples: [
    "jamey team check examples/team.yaml",
    "jamey team run examples/team.yaml",
    'jamey team run team.yaml -s last --prompt "Only the parser this time"',
    "jamey team show last",
    'jamey team send last tester "Leave the slow tests out"',
  ],
  // Reading files of this format takes a parser that no other command needs.
  run: async (context, input) => {
    refuseForeignOptions(teamCommand, input);
    return await (await import("./team_actions.ts")).runTeam(context, input);
  },
};
