// The git settings that we overrule: everything by which a repository's own configuration could run a program.

export type ConfigEntry = readonly [key: string, value: string];

/** Overruled always. Settings of the user's own (name, line ends, safe folders, LFS filters) stay in force. */
export const hardening: readonly ConfigEntry[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["core.sshCommand", "false"],
  ["core.askPass", ""],
  ["core.pager", "cat"],
  ["core.protectHFS", "true"],
  ["core.protectNTFS", "true"],
  ["credential.helper", ""],
  ["protocol.allow", "never"],
  // A folder that merely looks like a repository, inside somebody else's work, is none.
  ["safe.bareRepository", "explicit"],
  ["submodule.recurse", "false"],
  ["log.showSignature", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["branch.autoSetupMerge", "false"],
];

const overridesMax = 500;
/**
 * With these the user's own LFS filter starts programs that the repository names: then it is switched off. Keys as git
 * writes them, in small letters but for the name in the middle.
 */
const lfsProgram = /^lfs\.(?:(?:extension|customtransfer)\.|(?:[^]*\.)?standalonetransferagent$)/;
/** Scopes that come with the repository. */
const foreignScopes = new Set(["local", "worktree"]);

/**
 * What else must be overruled, from the output of `config --list --null --name-only --show-scope`: filters, which run
 * when files are checked out or compared, and hooks from settings. Otherwise why that cannot be told.
 */
export function localOverrides(listed: string): ConfigEntry[] | { why: string } {
  const fields = listed.split("\0");
  const overrides = new Map<string, ConfigEntry>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope = "", key = ""] = [fields[at], fields[at + 1]];
    if (!foreignScopes.has(scope)) continue;
    // What such a file says is seen only where its condition holds, as on a branch that is just being made.
    if (key.startsWith("includeif.")) {
      return {
        why: 'its own settings include others under a condition ("includeIf"), make that an "include"',
      };
    }
    for (const entry of overridesOf(key)) overrides.set(entry[0], entry);
    if (overrides.size > overridesMax) return { why: tooMany };
  }
  return [...overrides.values()];
}

export const tooMany = "its settings are too many to be checked";

function overridesOf(key: string): ConfigEntry[] {
  // The name between the dots may itself hold dots and line ends.
  const [, section = "", name = ""] = /^(filter|hook)\.([^]+)\.[^.]+$/.exec(key) ?? [];
  if (section === "filter") return withoutFilter(name);
  if (lfsProgram.test(key)) return withoutFilter("lfs");
  if (section === "hook") {
    return [[`hook.${name}.command`, ""], [`hook.${name}.event`, ""], [`hook.${name}.enabled`, "false"]];
  }
  return [];
}

function withoutFilter(name: string): ConfigEntry[] {
  return [
    ...["clean", "smudge", "process"].map((what): ConfigEntry => [`filter.${name}.${what}`, ""]),
    [`filter.${name}.required`, "false"],
  ];
}

/** Settings as environment, which takes names that a command line could not. They beat those of all files. */
export function configEnvironment(entries: readonly ConfigEntry[]): Record<string, string> {
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(pairs) };
}
