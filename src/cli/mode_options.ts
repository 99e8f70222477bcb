// How several agents answer in a new session: --agent-mode, and a file that says who takes part.
import { readDocument } from "../workflow/document.ts";
import { complaintsOf, faultText, fieldText } from "../workflow/faults.ts";
import { readWorkflowFile } from "../workflow/read_file.ts";
import { agentMode } from "../protocol/facts.ts";
import type { CreateSession } from "../protocol/http.ts";
import { modeSettingsBody, settingsFaults } from "../protocol/mode_settings.ts";
import { Problem } from "../protocol/problem.ts";
import type { Input } from "./command.ts";
import { shortText } from "./neutral.ts";

export const modeOptions = [
  ["--agent-mode <mode>", `How agents answer together: ${agentMode.options.join(", ")} (default: single)`],
  ["--mode-file <file>", "Who takes part, as YAML or JSON (default: the mode's own members)"],
] as const;

/** A file may name its mode, too. */
const modeFile = modeSettingsBody.extend({ agent_mode: agentMode.optional() });

const faultsShown = 10;
const faultCharsMax = 500;

/** What a new session is made with; nothing when neither was given. */
export async function modeSettings(
  input: Input,
  command: string,
): Promise<Pick<Partial<CreateSession>, "agent_mode" | "mode_settings">> {
  const refuse = (what: string) => new Problem("usage", `Cannot run "jamey ${command}": ${what}`);
  const given = input.text("agentMode");
  const mode = agentMode.optional().safeParse(given);
  if (!mode.success) {
    throw refuse(`"--agent-mode" is "${given}", expected one of ${agentMode.options.join(", ")}`);
  }
  const file = input.text("modeFile");
  if (file === undefined) return mode.data === undefined ? {} : { agent_mode: mode.data };
  const { agent_mode: named, settings } = await readModeFile(file, mode.data);
  const agent_mode = mode.data ?? named;
  if (agent_mode === undefined) throw refuse(`"${file}" names no "agent_mode": give it with --agent-mode`);
  return { agent_mode, mode_settings: settings };
}

/** The settings that a file holds, checked for the mode; a Problem that names file, line and field of all that is wrong. */
async function readModeFile(file: string, wanted: CreateSession["agent_mode"] | undefined) {
  const read = await readDocument(await readWorkflowFile(file), file);
  if (!read.ok) throw faulty(file, read.faults.map(faultText));
  const { value, place } = read.document;
  const parsed = modeFile.safeParse(value);
  const told = (path: readonly (string | number)[], what: string) =>
    faultText({ file, ...place(path), field: fieldText(path), what });
  if (!parsed.success) {
    const complaints = parsed.error.issues.flatMap((issue) => complaintsOf(issue, modeFile, value));
    throw faulty(file, complaints.map(({ path, what }) => told(path, what)));
  }
  const { agent_mode, ...settings } = parsed.data;
  if (wanted !== undefined && agent_mode !== undefined && wanted !== agent_mode) {
    throw faulty(file, [told(["agent_mode"], `is "${agent_mode}", but --agent-mode is "${wanted}"`)]);
  }
  const mode = wanted ?? agent_mode;
  const faults = mode === undefined ? [] : settingsFaults(mode, settings);
  if (faults.length > 0) throw faulty(file, faults.map(({ path, message }) => told(path, message)));
  return { agent_mode, settings };
}

function faulty(file: string, faults: readonly string[]): Problem {
  const shown = faults.slice(0, faultsShown).map((fault) => `  ${shortText(fault, 4, faultCharsMax)}`);
  const more = faults.length > faultsShown ? [`  … ${faults.length - faultsShown} more`] : [];
  return new Problem("bad_request", [`Cannot use mode file "${file}":`, ...shown, ...more].join("\n"));
}
