// The rules that a folder brings along. What they refuse or have asked holds at once, since it only tightens; what they
// allow holds once a person has approved exactly that text.
import { join } from "node:path";
import { folderFile, type FolderReader } from "../../config/folder.ts";
import { folderFileReader, type FolderText } from "../../config/folder_file.ts";
import type { WrittenRule } from "../../config/rule_lists.ts";
import type { OutsideItem, Standing, TrustStore } from "../../trust/contract.ts";
import type { RuleSet } from "../contract.ts";
import { readClaudeSettings } from "./claude_settings.ts";
import { rulesOf } from "./rules_of.ts";

export const claudeFile = join(".claude", "settings.json");

export interface FolderRules {
  /** Those that hold now. Never rejects. */
  of(workspace: string): Promise<RuleSet>;
  /** What the folder's files would allow: for a person to look at. */
  items(workspace: string): Promise<{ item: OutsideItem; standing: Standing }[]>;
}

/** What one file brings: kept as long as it does not change, so that the store of approvals hashes it once. */
interface FileRules extends RuleSet {
  /** Null when it allows nothing. */
  item: OutsideItem | null;
}

const nothing: FileRules = { rules: [], problems: [], item: null };

/** `report` hears once of each change of a file that cannot be used. */
export function openFolderRules(options: {
  folder: FolderReader;
  trust: TrustStore;
  /** The names of the tools in the user's configuration. */
  ownTools: readonly string[];
  report: (line: string) => void;
}): FolderRules {
  const { folder, trust, ownTools, report } = options;
  const told = (file: FileRules): FileRules => {
    for (const problem of file.problems) report(problem);
    return file;
  };
  const claude = folderFileReader({
    file: claudeFile,
    none: nothing,
    understand: (found, workspace) => told(claudeRules(found, { workspace, ownTools })),
  });
  /** By the answer that the reader keeps: a new one for every change of the file. */
  const settings = new WeakMap<object, FileRules>();
  const own = async (workspace: string): Promise<FileRules> => {
    const answer = await folder.folderSettings(workspace);
    const known = settings.get(answer);
    if (known !== undefined) return known;
    const path = join(workspace, folderFile);
    const read = told(fileRules(answer.rules, { workspace, path, name: folderFile, ownTools }));
    // That something is wrong with the file is reported by whoever reads its other settings.
    const wrong = answer.problem === undefined ? [] : [answer.problem.message];
    const file = { ...read, problems: [...wrong, ...read.problems] };
    settings.set(answer, file);
    return file;
  };
  const filesOf = (workspace: string) => Promise.all([own(workspace), claude(workspace)]);
  return {
    async of(workspace) {
      const files = await filesOf(workspace);
      return {
        rules: files.flatMap(({ rules, item }) => {
          const isApproved = item === null || trust.standing(item) === "approved";
          return isApproved ? rules : rules.filter(({ action }) => action !== "allow");
        }),
        problems: files.flatMap(({ problems }) => problems),
      };
    },
    items: async (workspace) =>
      (await filesOf(workspace)).flatMap(({ item }) =>
        item === null ? [] : [{ item, standing: trust.standing(item) }]
      ),
  };
}

interface Place {
  workspace: string;
  ownTools: readonly string[];
}

function claudeRules(found: FolderText, place: Place): FileRules {
  const { path } = found;
  const cannot = (why: string) => `Cannot use the rules in "${path}": ${why}`;
  if ("why" in found) return { ...nothing, problems: [cannot(found.why)] };
  const { rules, notes, why } = readClaudeSettings(found.text);
  const file = fileRules(rules, { ...place, path, name: claudeFile });
  const said = [...(why === undefined ? [] : [cannot(why)]), ...notes.map((note) => `In "${path}": ${note}`)];
  return { ...file, problems: [...said, ...file.problems] };
}

function fileRules(
  written: readonly WrittenRule[],
  { workspace, ownTools, path, name }: Place & { path: string; name: string },
): FileRules {
  const allowed = written.filter(({ action }) => action === "allow").map(({ text }) => text);
  const text = JSON.stringify({ allow: allowed }, null, 2);
  return {
    ...rulesOf(written, { layer: "folder", path, ownTools }),
    item: allowed.length === 0 ? null : { workspace, kind: "permission_rules", name, text },
  };
}
