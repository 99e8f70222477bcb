// A workflow file and the inputs of a run, checked before anything is asked of the daemon.
import { Problem } from "../protocol/problem.ts";
import type { Client } from "../client/client.ts";
import { type JsonObject, jsonObject } from "../protocol/json.ts";
import { checkWorkflow } from "../workflow/check.ts";
import type { WorkflowDefinition } from "../workflow/definition.ts";
import { readDocument } from "../workflow/document.ts";
import { faultText } from "../workflow/faults.ts";
import { inputFromText, takeInputs, typeWords, unknownInput } from "../workflow/inputs.ts";
import { readWorkflowFile } from "../workflow/read_file.ts";
import type { Input } from "./command.ts";

/** How many faults a Problem names; `jamey workflow check` tells them all. */
const saidMax = 5;

/** The definition in this file, checked with the tools of the folder it is to run in; a Problem `bad_request` with its faults. */
export async function checkedFile(
  client: Client,
  file: string,
  workspace: string,
): Promise<WorkflowDefinition> {
  const { tools } = await client.tools(workspace);
  return await checkedText(file, tools.map(({ name }) => name));
}

/** As `checkedFile`, with these tools. */
export async function checkedText(file: string, knownTools: readonly string[]): Promise<WorkflowDefinition> {
  const checked = await checkWorkflow(await readWorkflowFile(file), file, {
    knownTools,
    readFile: readWorkflowFile,
  });
  if (checked.ok) return checked.definition;
  const said = checked.faults.slice(0, saidMax).map((fault) => `\n  ${faultText(fault)}`);
  const more = checked.faults.length - said.length;
  throw new Problem(
    "bad_request",
    `Cannot use the workflow "${file}":${said.join("")}${more > 0 ? `\n  and ${more} more` : ""}`,
    { hint: `See all with: jamey workflow check ${file}` },
  );
}

/** The inputs of `--inputs-file` and `--input name=value`, which wins; a Problem `bad_request` when they do not fit. */
export async function inputsOf(input: Input, definition: WorkflowDefinition): Promise<JsonObject> {
  const path = input.text("inputsFile");
  const given: JsonObject = path === undefined ? {} : await readInputs(path);
  for (const pair of input.texts("input")) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw refused(`"--input ${pair}" is no name=value`);
    const name = pair.slice(0, equals);
    const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined;
    if (spec === undefined) throw refused(unknownInput(name, Object.keys(definition.inputs)));
    const value = inputFromText(spec, pair.slice(equals + 1));
    if (value === undefined) throw refused(`input "${name}" is not ${typeWords[spec.type]}`);
    given[name] = value;
  }
  const taken = takeInputs(definition, given);
  if (!taken.ok) throw refused(taken.faults.join("; "));
  return taken.inputs;
}

async function readInputs(path: string): Promise<JsonObject> {
  const read = await readDocument(await readWorkflowFile(path), path);
  if (!read.ok) throw refused(read.faults.map(faultText).join("; "));
  const inputs = jsonObject.safeParse(read.document.value);
  if (inputs.success) return inputs.data;
  throw refused(`"${path}" is no table of names and values`);
}

function refused(why: string): Problem {
  return new Problem("bad_request", `Cannot run the workflow: ${why}`);
}
