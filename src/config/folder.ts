// What a folder may say about the sessions in it: `.jamey/settings.toml`, a few harmless keys and nothing else, because
// it comes with the repository and nobody has approved it.
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../protocol/problem.ts";
import { modelName } from "../providers/settings.ts";
import { folderFileReader, type FolderText } from "./folder_file.ts";
import { checkToml, faultProblem, readToml } from "./parse.ts";
import { restrictionsHold, restrictionsIn, ruleList, rulesInToml, type WrittenRule } from "./rule_lists.ts";

const settings = z.strictObject({
  model: modelName.optional(),
  /** Added to the system prompt of the sessions in this folder. */
  instructions: z.string().max(16_384).optional(),
  /** Whoever reads these decides which of them hold: what allows needs a person's approval. A folder never sets a mode. */
  permissions: z.strictObject({
    allow: ruleList.optional(),
    ask: ruleList.optional(),
    deny: ruleList.optional(),
  }).optional(),
});
export type FolderSettings = z.output<typeof settings>;

export interface FolderAnswer {
  /** Empty when there is no file, or when it is refused. */
  settings: FolderSettings;
  /** The rules of `permissions`, with the lines they stand on; of a refused file those that refuse or ask. */
  rules: readonly WrittenRule[];
  /** Why the file is left out, but for rules that tighten. */
  problem?: Problem;
}

export const folderFile = join(".jamey", "settings.toml");

export interface FolderReader {
  /** The settings of a workspace (absolute path). Never rejects; one look at the file when it has not changed. */
  folderSettings(workspace: string): Promise<FolderAnswer>;
}

/** A reader that keeps what it has read until the file changes. */
export function openFolderReader(): FolderReader {
  const none: FolderAnswer = { settings: {}, rules: [] };
  return { folderSettings: folderFileReader({ file: folderFile, none, understand }) };
}

function understand(found: FolderText): FolderAnswer {
  if ("why" in found) return refuse(found.path, found);
  const checked = checkToml(found.text, settings);
  if (checked.ok) {
    return { settings: checked.value, rules: rulesInToml(checked.value.permissions ?? {}, found.text) };
  }
  const { message } = faultProblem(found.path, [checked.faults[0]]);
  const why = message.slice(message.indexOf(": ") + 2);
  const read = readToml(found.text);
  const rules = read.ok ? rulesInToml(restrictionsIn(read.value), found.text) : [];
  return rules.length === 0
    ? refuse(found.path, { why, hint: allowed })
    : { ...refuse(found.path, { why: `${why}; ${restrictionsHold}`, hint: allowed }), rules };
}

const allowed =
  'A folder may set "model" and "instructions", and rules (never a mode) in "permissions"; all else belongs into your own runtime.toml';

function refuse(path: string, { why, hint }: { why: string; hint: string }): FolderAnswer {
  return {
    settings: {},
    rules: [],
    problem: new Problem("bad_config", `Cannot use folder settings "${path}": ${why}`, { hint }),
  };
}
