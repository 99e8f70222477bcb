// What a command of the command line is: its words, its help, and what it does with the daemon and the terminal.
import type { Client } from "../client/client.ts";
import { Problem } from "../protocol/problem.ts";
import type { Signals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

export interface Command {
  /** Name and arguments as in the help: `attach <session>`, `run [...prompt]`. */
  usage: string;
  summary: string;
  /** For a command whose first word says what it does: that word with its arguments, and what it does with which flags. */
  actions?: readonly (readonly [words: string, meaning: string])[];
  /** Flag and meaning; `<value>` needs a value, `[value]` may have one. */
  options: readonly (readonly [flag: string, meaning: string])[];
  examples: readonly string[];
  /** Resolves with the exit code. */
  run(context: Context, input: Input): Promise<number>;
}

/** Everything a command may use. */
export interface Context {
  terminal: Terminal;
  signals: Signals;
  /** --json was given. */
  json: boolean;
  quiet: boolean;
  version: string;
  dataDir: string;
  /** --config was given: absolute. */
  config: string | undefined;
  /** --url was given: that daemon is meant, none is started here. */
  url: string | undefined;
  token: string | undefined;
  /** How this command names itself to the daemon. */
  clientName: string;
  /** Connects to the running daemon; a Problem `daemon_not_running` when there is none. */
  client(): Promise<Client>;
  /** Connects, and starts the daemon in the background when none runs. */
  clientOrStart(): Promise<Client>;
  /** Runs the daemon in this process until it is told to stop. */
  serve: Serve;
}

export interface ServeOptions {
  host?: string;
  port?: number;
  dataDir?: string;
  config?: string;
}
/** Given by the program's entry, because the command line does not know the parts of the daemon. */
export type Serve = (options: ServeOptions) => Promise<number>;

/** The parsed words after the command's name. */
export interface Input {
  args: string[];
  text(option: string): string | undefined;
  /** Every value of an option that may be given several times. */
  texts(option: string): string[];
  flag(option: string): boolean;
  /** A whole number in the range; a Problem `usage` when it is something else. */
  number(option: string, range: { min: number; max: number }): number | undefined;
}

/** The highest event number that can be meant. */
export const seqMax = Number.MAX_SAFE_INTEGER;

/** The argument at this place; a Problem `usage` when it is missing. */
export function need(input: Input, place: number, name: string, command: string): string {
  const value = input.args[place];
  if (value !== undefined && value !== "") return value;
  throw new Problem("usage", `Cannot run "jamey ${command}": ${name} is missing`, {
    hint: `See: jamey ${command} --help`,
  });
}
