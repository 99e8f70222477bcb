// Where the user's configuration is on this platform.
import { isAbsolute, join } from "node:path";
import { isBelow, realOr, repositoryRoot } from "./repository_root.ts";

export interface ConfigDirInput {
  /** The operating system as `Deno.build.os` names it. */
  os: string;
  env: (name: string) => string | undefined;
  /** The folder the program was started in: what a repository brings along may be here, or above. */
  cwd: string;
}

const folder = "jamey-code";

/**
 * The absolute configuration folder; undefined when there is no home. The configuration can name programs to run, so no
 * variable moves it into the folder the program was started in, or the repository that is a part of: XDG_CONFIG_HOME and
 * APPDATA are ignored when they lead there, unless that folder is the home folder or holds it.
 */
export function configDir({ os, env, cwd }: ConfigDirInput): string | undefined {
  const home = filled(env(os === "windows" ? "USERPROFILE" : "HOME"));
  const usable = (path: string | undefined) => {
    if (path === undefined || !isAbsolute(path)) return false;
    const clone = repositoryRoot(realOr(cwd));
    return !isBelow(realOr(path), clone) || (home !== undefined && isBelow(realOr(home), clone));
  };
  if (os === "darwin") return below(home, "Library", "Application Support");
  if (os === "windows") {
    const roaming = filled(env("APPDATA"));
    return usable(roaming) ? below(roaming) : below(home, "AppData", "Roaming");
  }
  const xdg = filled(env("XDG_CONFIG_HOME"));
  return usable(xdg) ? below(xdg) : below(home, ".config");
}

function below(base: string | undefined, ...parts: string[]): string | undefined {
  return base === undefined || !isAbsolute(base) ? undefined : join(base, ...parts, folder);
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
