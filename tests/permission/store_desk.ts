// A real store of permission rules over files of its own: a managed file, the user's configuration, a data folder and a
// workspace with whatever it brings along.
import { dirname, join } from "node:path";
import { openFolderReader } from "../../src/config/folder.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { openPermissionStore, type PermissionStore } from "../../src/permission/store/open.ts";
import type { TrustStore } from "../../src/trust/contract.ts";
import { openTrustStore } from "../../src/trust/store.ts";

export interface StoreDesk {
  home: string;
  workspace: string;
  managed: string;
  userFile: string;
  answers: string;
  reports: string[];
  trust: TrustStore;
  /** Opens it over the files as they are now. */
  open(): Promise<PermissionStore>;
  write(path: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export async function openStoreDesk(): Promise<StoreDesk> {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-rules-" }));
  const [workspace, dataDir] = [join(home, "workspace"), join(home, "data")];
  await Deno.mkdir(workspace);
  const userFile = join(home, "runtime.toml");
  const managed = join(home, "managed.toml");
  const reports: string[] = [];
  const report = (line: string) => void reports.push(line);
  const trust = await openTrustStore(join(dataDir, "trust.json"), { report });
  return {
    home,
    workspace,
    managed,
    userFile,
    answers: join(dataDir, "permissions.json"),
    reports,
    trust,
    open: async () => {
      const text = await Deno.readTextFile(userFile).catch(() => "");
      const { permissions, tools } = parseConfig(text, userFile);
      return await openPermissionStore({
        managedPath: managed,
        user: permissions,
        ownTools: Object.keys(tools),
        userPath: userFile,
        dataDir,
        folder: openFolderReader(),
        trust,
        report,
      });
    },
    write: async (path, text) => {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    },
    close: () => Deno.remove(home, { recursive: true }),
  };
}

/** `action text` of each rule, in the order in which they are given. */
export function texts(set: { rules: readonly { action: string; text: string }[] }): string[] {
  return set.rules.map(({ action, text }) => `${action} ${text}`);
}
