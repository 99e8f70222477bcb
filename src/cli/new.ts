// `jamey new`: creates a session and prints its id.
import type { CreateSession } from "../protocol/http.ts";
import { sessionName } from "../protocol/commands.ts";
import { permissionMode } from "../protocol/facts.ts";
import { Problem } from "../protocol/problem.ts";
import type { Command, Input } from "./command.ts";
import { modeOptions, modeSettings } from "./mode_options.ts";
import { checkModel } from "./model_choice.ts";
import { shortLine } from "./neutral.ts";

const nameShownMax = 80;

/** Options of every command that may create a session, whoever works in it. */
export const settingOptions = [
  ["--model <model>", "The model, as NAME or PROVIDER/NAME (default: that of the provider)"],
  ["--permission-mode <mode>", `What tools may do without asking: ${permissionMode.options.join(", ")}`],
] as const;

/** Options of every command that may create a session for a conversation. */
export const sessionOptions = [...settingOptions, ...modeOptions] as const;

export const newCommand: Command = {
  usage: "new",
  summary: "Create a session and print its id",
  options: [
    ["--name <name>", "A name to call it by"],
    ["--workspace <folder>", "The folder it works in (default: this one)"],
    ...sessionOptions,
  ],
  examples: [
    "jamey new --name review",
    "jamey new --workspace ~/project --permission-mode auto",
    "jamey new --agent-mode review --mode-file team.yaml",
  ],
  async run(context, input) {
    const settings = {
      ...nameOption(input, "new"),
      ...sessionSettings(input, "new"),
      ...await modeSettings(input, "new"),
    };
    const client = await context.clientOrStart();
    await checkModel(client, settings.model);
    const { session_id } = await client.create(settings);
    if (context.json) context.terminal.json({ session_id });
    else context.terminal.line(session_id);
    return 0;
  },
};

const ofNewSessions = [
  ["name", "--name"],
  ["workspace", "--workspace"],
  ["model", "--model"],
  ["permissionMode", "--permission-mode"],
  ["allowedTools", "--allowed-tools"],
  ["askTools", "--ask-tools"],
  ["disallowedTools", "--disallowed-tools"],
] as const;

/** A Problem `usage` when --session names one that is there and an option is for one that is to be made. */
export function refuseIgnored(input: Input, command: string): void {
  if (input.text("session") === undefined) return;
  const flags = ofNewSessions.filter(([name]) => input.texts(name).length > 0).map(([, flag]) => `"${flag}"`);
  if (flags.length === 0) return;
  throw new Problem(
    "usage",
    `Cannot run "jamey ${command}": "--session" names a session that is there, and ${flags.join(", ")} ${
      flags.length === 1 ? "is" : "are"
    } for a new one`,
    { hint: `Leave out "--session", or ${flags.length === 1 ? "that option" : "those options"}` },
  );
}

/** The value of --name for a session to be made; a Problem `usage` when it can be no name. */
export function nameOption(input: Input, command: string): { name?: string } {
  const name = input.text("name");
  return name === undefined ? {} : { name: checkedName(name, { command, what: '"--name"' }) };
}

/** The name as it is; a Problem `usage` when it can be no session's name. */
export function checkedName(name: string, { command, what }: { command: string; what: string }): string {
  const parsed = sessionName.safeParse(name);
  if (parsed.success) return name;
  const why = parsed.error.issues[0]?.message ?? "cannot be used";
  throw new Problem(
    "usage",
    `Cannot run "jamey ${command}": ${what} is ${
      shortLine(JSON.stringify(name), nameShownMax)
    }, but a name ${why}`,
  );
}

/** Settings for a new session: model and permission mode as given, the workspace as given or this folder. */
export function sessionSettings(input: Input, command: string): Partial<CreateSession> {
  const model = input.text("model");
  const mode = permissionModeOf(input, command);
  return {
    workspace: workspaceOf(input.text("workspace")),
    ...(model === undefined ? {} : { model }),
    ...(mode === undefined ? {} : { permission_mode: mode }),
  };
}

function permissionModeOf(input: Input, command: string) {
  const given = input.text("permissionMode");
  const parsed = permissionMode.optional().safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem(
    "usage",
    `Cannot run "jamey ${command}": "--permission-mode" is "${given}", ` +
      `expected one of ${permissionMode.options.join(", ")}`,
  );
}

/** The real path, so that the same folder has one name however it was reached. */
export function workspaceOf(folder: string | undefined): string {
  const path = folder ?? Deno.cwd();
  try {
    const real = Deno.realPathSync(path);
    if (Deno.statSync(real).isDirectory) return real;
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    throw new Problem("bad_request", `Cannot use workspace "${path}": there is no such folder`);
  }
  throw new Problem("bad_request", `Cannot use workspace "${path}": it is not a folder`);
}
