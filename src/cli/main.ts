// The command line: parses the words, runs the command, and turns whatever happens into an exit code.
import { hostname } from "node:os";
import { resolve } from "node:path";
import { dataDir } from "../platform/data_dir.ts";
import { version } from "../platform/version.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import type { Client } from "../client/client.ts";
import type { Command, Context, Input, Serve } from "./command.ts";
import { helpFor } from "./help.ts";
import { neutral } from "./neutral.ts";
import { nameOf, parse } from "./parse.ts";
import { openSignals, type Signals } from "./signals.ts";
import { serveCommand } from "./serve.ts";
import { openTerminal, PipeClosed } from "./terminal.ts";

/** Runs one command; resolves with the exit code of the process and never throws. */
export async function main(args: readonly string[], { serve }: { serve: Serve }): Promise<number> {
  const signals = openSignals();
  try {
    const commands = await commandsFor(args);
    const { command, input } = parse(args, commands);
    const context = createContext(input, { signals, serve, called: nameOf(command) || "chat" });
    if (input.flag("version")) return print(context, `${version}\n`);
    if (input.flag("help")) return print(context, helpFor(command, commands, version));
    return await command.run(context, input);
  } catch (thrown) {
    // Who does not read the result any more misses nothing.
    await sayResult(args, thrown).catch(() => {});
    return exitWithProblem(thrown);
  } finally {
    signals.close();
  }
}

/** A run that prints JSON ends with a result, also when its words make no sense. */
async function sayResult(args: readonly string[], thrown: unknown): Promise<void> {
  if (!(thrown instanceof Problem) || thrown.code !== "usage") return;
  const { refusedRun } = await import("./run_refused.ts");
  const result = refusedRun(args, thrown);
  if (result !== undefined) openTerminal({ quiet: true }).json(result);
}

/** All commands; but the daemon starts without those that it has no use for. */
async function commandsFor(args: readonly string[]): Promise<readonly Command[]> {
  if (args[0] === nameOf(serveCommand)) return [serveCommand];
  return (await import("./commands.ts")).commands;
}

function print({ terminal }: Context, text: string): number {
  terminal.write(text);
  return 0;
}

interface Given {
  signals: Signals;
  serve: Serve;
  /** The command's name. */
  called: string;
}

function createContext(input: Input, { signals, serve, called }: Given): Context {
  const quiet = input.flag("quiet");
  const terminal = openTerminal({ quiet });
  const context: Context = {
    terminal,
    signals,
    json: input.flag("json"),
    quiet,
    version,
    get dataDir() {
      return ownDataDir(input);
    },
    config: configOf(input),
    url: input.text("url"),
    token: Deno.env.get("JAMEY_TOKEN"),
    clientName: clientName(called),
    client: async () => (await import("../client/client.ts")).openClient(context),
    clientOrStart: () => clientOrStart(context),
    serve,
  };
  return context;
}

/** A header takes plain characters only. */
function clientName(called: string): string {
  const host = hostname().replace(/[^\x21-\x7e]+/g, "?").slice(0, 64);
  return `jamey ${called}/${version} (process ${Deno.pid} on ${host})`;
}

async function clientOrStart(context: Context): Promise<Client> {
  const { isNotRunning } = await import("../client/connection.ts");
  try {
    return await context.client();
  } catch (thrown) {
    if (!isNotRunning(thrown) || context.url !== undefined) throw thrown;
  }
  context.terminal.talk("Starting the daemon (stop it with: jamey stop)");
  const { startDaemon } = await import("./daemon.ts");
  await startDaemon(context);
  return await context.client();
}

/** Absolute, because the background daemon gets it too. */
function configOf(input: Input): string | undefined {
  const path = input.text("config");
  return path === undefined ? undefined : resolve(path);
}

function ownDataDir(input: Input): string {
  const override = input.text("dataDir");
  const found = dataDir({ os: Deno.build.os, env: (name) => Deno.env.get(name), override });
  if (found !== undefined) return found;
  throw new Problem("bad_config", "Cannot find the data folder: there is no home folder in the environment", {
    hint: "Set JAMEY_DATA_DIR or give --data-dir",
  });
}

/** Says what went wrong on stderr, and gives the exit code; a reader of stdout that has gone is no error. */
export function exitWithProblem(thrown: unknown): number {
  if (thrown instanceof PipeClosed) return 0;
  const terminal = openTerminal({ quiet: false });
  const { red, dim } = terminal.talkColours;
  if (thrown instanceof Problem) {
    terminal.warn(`${red("error:")} ${neutral(thrown.message)}`);
    if (thrown.hint !== undefined) terminal.warn(`${dim("hint:")}  ${neutral(thrown.hint)}`);
    return thrown.exitCode;
  }
  const details = thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : messageOf(thrown);
  terminal.warn(`${red("This is a bug in jamey:")} ${neutral(details)}`);
  return 1;
}
