// A folder for one test, with a home and a configuration beside the workspace.
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TestFolder {
  workspace: string;
  home: string;
  configDir: string;
  /** Writes files; paths begin in the folder that holds all three. */
  put(files: Record<string, string>): Promise<void>;
  at(path: string): string;
  remove(): Promise<void>;
}

export async function makeFolder(): Promise<TestFolder> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "jamey-context-")));
  const at = (path: string) => join(base, path);
  for (const name of ["repo", "home", "config"]) await mkdir(at(name));
  return {
    workspace: at("repo"),
    home: at("home"),
    configDir: at("config"),
    at,
    async put(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(at(path)), { recursive: true });
        await writeFile(at(path), text);
      }
    },
    remove: () => rm(base, { recursive: true, force: true }),
  };
}
