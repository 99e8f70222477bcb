// The help texts, made from the same table that the parser reads.
import type { Command } from "./command.ts";
import { globalOptions, nameOf } from "./parse.ts";

/** The help of the whole program. */
export function programHelp(commands: readonly Command[], version: string): string {
  return [
    `jamey ${version}: a runtime for AI agents whose sessions can be attached, replayed and forked`,
    "",
    "Usage:",
    "  jamey [command] [options]",
    "",
    "Commands:",
    ...table(commands.map(({ usage, summary }) => [usage === "" ? "(none)" : usage, summary])),
    "",
    "Options:",
    ...table(globalOptions),
    "",
    'A session is named by its id, the start of its id, its name, or "last".',
    "Help for one command: jamey COMMAND --help",
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { actions = [] } = command;
  const own = command.options.length === 0 ? [] : ["", "Options:", ...table(command.options)];
  return [
    command.summary,
    "",
    "Usage:",
    `  jamey ${command.usage}${command.options.length === 0 ? "" : " [options]"}`.trimEnd(),
    ...actions.length === 0 ? [] : ["", "Actions:", ...table(actions)],
    ...own,
    "",
    "Global options:",
    ...table(globalOptions),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

/** The help for a command, or for the program when the default command is meant. */
export function helpFor(command: Command, commands: readonly Command[], version: string): string {
  return nameOf(command) === "" ? programHelp(commands, version) : commandHelp(command);
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
