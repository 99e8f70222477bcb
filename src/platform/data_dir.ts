// Where jamey keeps its data on this platform. Pure: the caller gives the system and the environment.
import { isAbsolute, join, resolve } from "node:path";

export interface DataDirInput {
  /** The operating system as `Deno.build.os` names it. */
  os: string;
  env: (name: string) => string | undefined;
  /** The value of `--data-dir`, which wins over everything. */
  override?: string | undefined;
}

const folder = "jamey-code";

/** The absolute data folder: flag, then JAMEY_DATA_DIR, then the platform's own place; undefined when there is no home. */
export function dataDir({ os, env, override }: DataDirInput): string | undefined {
  const chosen = override ?? filled(env("JAMEY_DATA_DIR"));
  if (chosen !== undefined) return resolve(chosen);
  if (os === "windows") {
    return below(filled(env("APPDATA")) ?? below(env("USERPROFILE"), "AppData", "Roaming"));
  }
  if (os === "darwin") return below(filled(env("HOME")), "Library", "Application Support", folder);
  const xdg = filled(env("XDG_DATA_HOME"));
  // The XDG specification: a relative path is invalid and must be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, folder);
  return below(filled(env("HOME")), ".local", "share", folder);

  function below(base: string | undefined, ...parts: string[]): string | undefined {
    if (base === undefined || base === "") return undefined;
    return join(base, ...(parts.length === 0 ? [folder] : parts));
  }
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
