// All rules of a daemon: managed, the user's (their configuration and their answers) and those that folders bring along.
import { join } from "node:path";
import { readConfigText } from "../../config/file.ts";
import type { FolderReader } from "../../config/folder.ts";
import { readManaged } from "../../config/managed.ts";
import { type RuleLists, rulesInToml } from "../../config/rule_lists.ts";
import type { TrustStore } from "../../trust/contract.ts";
import type { PermissionRules, RuleSet } from "../contract.ts";
import { openAnswers } from "./answers.ts";
import { type FolderRules, openFolderRules } from "./folder_rules.ts";
import { rulesOf } from "./rules_of.ts";

export interface PermissionStore extends PermissionRules, Pick<FolderRules, "items"> {}

export interface PermissionStoreOptions {
  /** The file of whoever manages this machine. */
  managedPath: string;
  /** The user's `[permissions]` as it was read, and the file it was read from. */
  user: RuleLists;
  userPath: string | undefined;
  /** The names of the tools in the user's configuration. */
  ownTools: readonly string[];
  dataDir: string;
  folder: FolderReader;
  trust: TrustStore;
  report: (line: string) => void;
}

/** Throws a Problem `bad_config` for a managed file that cannot be used. */
export async function openPermissionStore(options: PermissionStoreOptions): Promise<PermissionStore> {
  const { managedPath, ownTools, dataDir, folder, trust, report } = options;
  const managed = await readManaged(managedPath);
  const managedRules = rulesOf(managed.rules, { layer: "managed", path: managedPath, ownTools });
  const answers = await openAnswers(join(dataDir, "permissions.json"), report);
  const folders = openFolderRules({ folder, trust, ownTools, report });
  const configured = await userRules(options);
  return {
    async of(workspace): Promise<RuleSet> {
      const given = answers.of(workspace);
      const brought = await folders.of(workspace);
      return {
        rules: [...managedRules.rules, ...configured.rules, ...given.rules, ...brought.rules],
        problems: [...configured.problems, ...given.problems, ...brought.problems],
        bypassDisabled: managed.bypassDisabled,
      };
    },
    add: (rule) => answers.add(rule),
    remove: (rule) => answers.remove(rule),
    items: (workspace) => folders.items(workspace),
  };
}

/** The text is read once more for its lines only. */
async function userRules({ user, userPath, ownTools }: PermissionStoreOptions) {
  const text = userPath === undefined ? undefined : await readConfigText(userPath).catch(() => undefined);
  const path = userPath ?? "runtime.toml";
  return rulesOf(rulesInToml(user, text ?? ""), { layer: "user", path, ownTools });
}
