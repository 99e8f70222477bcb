// What a configuration may say and what has another effect than it seems to have: nothing stops because of it, and whoever
// wrote it should know.
import { builtInToolNames, unknownTool } from "../permission/tool_names.ts";
import { looksSecret } from "../providers/reference.ts";
import type { Environment } from "./environment.ts";
import { environmentKeys } from "./keys.ts";
import { nearest } from "./nearest.ts";
import type { Fault } from "./parse.ts";
import { rulesInToml, type WrittenRule } from "./rule_lists.ts";
import type { Config } from "./schema.ts";
import { lineOf, placesIn } from "./toml_places.ts";

const shownChars = 200;

/** Of the user's file: `config` is what its text says, with what this environment adds. */
export function remarksOn(text: string, config: Config, env: Environment): Fault[] {
  const rules = ruleRemarks(rulesInToml(config.permissions, text), Object.keys(config.tools));
  return [...rules, ...passRemarks(text, config, env)].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Rules about tools that do not exist; `own`: the tools of the configuration. */
export function ruleRemarks(rules: readonly WrittenRule[], own: readonly string[]): Fault[] {
  return rules.flatMap(({ action, text, line }) => {
    const tool = unknownTool(text, own);
    if (tool === null) return [];
    const fix = toolMeant(tool, own) ?? "see them with: jamey tools";
    const shown = looksSecret(text) ? "" : ` ${JSON.stringify(text.slice(0, shownChars))}`;
    return [{ line, what: `the ${action} rule${shown} is about no tool that there is; ${fix}` }];
  });
}

/** The tool that was probably meant, as a question; undefined when none has a name like that. */
export function toolMeant(tool: string, own: readonly string[]): string | undefined {
  const near = nearest(tool, [...builtInToolNames, ...own]);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** Variables that are to pass to programs and never do, because they hold a key. */
function passRemarks(text: string, config: Config, env: Environment): Fault[] {
  const { names, holdsKey } = environmentKeys(config, env);
  const places = placesIn(text);
  return config.environment.pass.flatMap((name, index) => {
    const why = names.has(name)
      ? "it is the variable of a key"
      : holdsKey(name)
      ? "a key is in its value"
      : null;
    if (why === null) return [];
    const path = ["environment", "pass", index];
    return [{
      line: lineOf(places, path),
      what: `"environment.pass" names "${name}", which no program gets all the same: ${why}; remove it`,
    }];
  });
}
