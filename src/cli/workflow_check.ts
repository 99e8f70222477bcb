// `jamey workflow check`, and the checked definition of a file for those who only look at it.
import { dirname, resolve } from "node:path";
import { isNotRunning } from "../client/connection.ts";
import { loadConfig } from "../config/file.ts";
import { Problem, problemCodes } from "../protocol/problem.ts";
import { checkWorkflow } from "../workflow/check.ts";
import type { WorkflowDefinition } from "../workflow/definition.ts";
import { faultText } from "../workflow/faults.ts";
import { knownToolNames } from "../workflow/known_tools.ts";
import { readWorkflowFile } from "../workflow/read_file.ts";
import type { Context, Input } from "./command.ts";
import { neutralLine } from "./neutral.ts";
import { checkedText } from "./workflow_file.ts";

export async function checkFile(context: Context, _: Input, words: readonly string[]): Promise<number> {
  const file = fileOf("check", words);
  const checked = await checkWorkflow(await readWorkflowFile(file), file, {
    knownTools: await toolsFor(context, dirname(resolve(file))),
    readFile: readWorkflowFile,
  });
  const { terminal } = context;
  if (context.json) {
    const problems = checked.ok
      ? []
      : checked.faults.map(({ what, ...place }) => ({ ...place, message: what }));
    terminal.json({ file, ok: checked.ok, problems });
  } else if (checked.ok) {
    const { name, nodes } = checked.definition;
    terminal.line(neutralLine(`"${file}" is all right: "${name}" has ${Object.keys(nodes).length} nodes`));
  } else for (const fault of checked.faults) terminal.line(neutralLine(faultText(fault)));
  return checked.ok ? 0 : problemCodes.bad_request.exit;
}

/** The definition in this file; a Problem `bad_request` with its faults. */
export async function loadWorkflow(context: Context, file: string): Promise<WorkflowDefinition> {
  return await checkedText(file, await toolsFor(context, dirname(resolve(file))));
}

/** The file that these words name; a Problem `usage` when it is missing or there are more. */
export function fileOf(action: string, words: readonly string[]): string {
  const [file, ...more] = words;
  if (file !== undefined && file !== "" && more.length === 0) return file;
  const why = file === undefined || file === ""
    ? "the file is missing"
    : `there is no place for "${more[0]}"`;
  throw new Problem("usage", `Cannot run "jamey workflow ${action}": ${neutralLine(why)}`, {
    hint: "See: jamey workflow --help",
  });
}

/** As the daemon knows them for the file's folder; without a daemon those that are built in or configured. */
async function toolsFor(context: Context, folder: string): Promise<string[]> {
  try {
    const client = await context.client();
    return (await client.tools(folder)).tools.map(({ name }) => name);
  } catch (thrown) {
    if (!isNotRunning(thrown)) throw thrown;
  }
  const named = context.config === undefined ? {} : { path: context.config };
  const config = await loadConfig({ ...named, env: Deno.env.toObject(), os: Deno.build.os });
  return knownToolNames(Object.keys(config.tools));
}
