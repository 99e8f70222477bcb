// The worked examples, checked, as a client sends them.
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import { builtInToolNames } from "../../src/permission/tool_names.ts";
import { checkWorkflow } from "../../src/workflow/check.ts";
import { faultText } from "../../src/workflow/faults.ts";

export const examplesFolder = new URL("../../examples", import.meta.url).pathname;

/** The definition of an example, with those below it inside; throws when it is wrong. */
export async function exampleDefinition(name: string): Promise<JsonObject> {
  const file = join(examplesFolder, `${name}.yaml`);
  const checked = await checkWorkflow(await Deno.readTextFile(file), file, {
    knownTools: builtInToolNames,
    readFile: (path) => Deno.readTextFile(path),
  });
  if (!checked.ok) throw new Error(checked.faults.map(faultText).join("\n"));
  return JSON.parse(JSON.stringify(checked.definition));
}
