// `jamey team`: begins teams of agents from files, shows them, and writes to their members.
import type { Command } from "./command.ts";
import { sessionOptions } from "./new.ts";

export const teamCommand: Command = {
  usage: "team [...words]",
  summary:
    "Teams of agents: team run FILE, check FILE, show SESSION, send SESSION NAME TEXT, cancel SESSION [TEAM]",
  options: [
    ["-s, --session <session>", "For run: begin it in this session (default: a new one)"],
    ["--prompt <text>", "For run: added to the goal of the file"],
    ["--wait", "For run: wait for the end of the team and print what came out of it"],
    ["--at <seq>", "For show: as it was after this event"],
    ["--name <name>", "For run: a name for the new session"],
    ["--workspace <folder>", "For run: the folder the new session works in (default: this one)"],
    ...sessionOptions.filter(([flag]) => /^--(model|permission-mode) /.test(flag)),
  ],
  examples: [
    "jamey team check examples/team.yaml",
    "jamey team run examples/team.yaml --wait",
    'jamey team run team.yaml -s last --prompt "Only the parser this time"',
    "jamey team show last",
    'jamey team send last tester "Leave the slow tests out"',
  ],
  // Reading files of this format takes a parser that no other command needs.
  run: async (context, input) => (await import("./team_actions.ts")).runTeam(context, input),
};
