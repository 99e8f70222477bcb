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
  dataDir: string;
  folder: FolderReader;
  trust: TrustStore;
  report: (line: string) => void;
}

/** Throws a Problem `bad_config` for a managed file that cannot be used. */
export async function openPermissionStore(options: PermissionStoreOptions): Promise<PermissionStore> {
  const { dataDir, folder, trust, report } = options;
  const { managedPath } = options;
  const managed = await readManaged(managedPath);
  const managedRules = rulesOf(managed.rules, { layer: "managed", path: managedPath });
  const answers = await openAnswers(join(dataDir, "permissions.json"), report);
  const folders = openFolderRules({ folder, trust, report });
  const configured = await userRules(options.user, options.userPath);
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
async function userRules(lists: RuleLists, path: string | undefined) {
  const text = path === undefined ? undefined : await readConfigText(path).catch(() => undefined);
  return rulesOf(rulesInToml(lists, text ?? ""), { layer: "user", path: path ?? "runtime.toml" });
}
