// Where the user's configuration is on this platform. Pure: the caller gives the system, the environment and the folder
// the program runs in.
import { isAbsolute, join, relative } from "node:path";

export interface ConfigDirInput {
  /** The operating system as `Deno.build.os` names it. */
  os: string;
  env: (name: string) => string | undefined;
  /** The folder the program was started in: what a repository brings along may be here. */
  cwd: string;
}

const folder = "jamey-code";

/**
 * The absolute configuration folder; undefined when there is no home. The configuration can name programs to run, so no
 * variable moves it into the folder the program was started in: XDG_CONFIG_HOME and APPDATA are ignored when they point
 * there, unless that folder is the home folder or holds it.
 */
export function configDir({ os, env, cwd }: ConfigDirInput): string | undefined {
  const home = filled(env(os === "windows" ? "USERPROFILE" : "HOME"));
  const usable = (path: string | undefined) =>
    path !== undefined && isAbsolute(path) &&
    (!isInside(path, cwd) || (home !== undefined && isInside(home, cwd)));
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

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
