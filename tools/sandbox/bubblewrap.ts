// Bubblewrap as it is installed here: where it is, whether it is new enough, and what it is like to run it.
import { Problem } from "../../src/protocol/problem.ts";
import { findHelper, type HelperPlaces } from "./helper_program.ts";

/** The first version that can forbid further user namespaces inside. */
const versionMin = [0, 8, 0] as const;
const versionTimeoutMs = 5_000;

export interface Bubblewrap {
  path: string;
  version: string;
}

const install = "Install it, for example: apt-get install bubblewrap";

/** Throws a Problem `unavailable` that says what is missing and what to do. */
export async function findBubblewrap(places: HelperPlaces): Promise<Bubblewrap> {
  const path = await findHelper("bwrap", places);
  if (path === null) throw unavailable("bubblewrap (bwrap) is not installed", install);
  const said = await versionOf(path);
  const [, version = "", ...parts] = /^bubblewrap ((\d+)\.(\d+)(?:\.(\d+))?)\s*$/.exec(said) ?? [];
  if (version === "") {
    throw unavailable(`"${path}" does not say its version`, "Install bubblewrap anew");
  }
  if (isOlder(parts.map((part) => Number(part ?? 0)))) {
    throw unavailable(
      `"${path}" is bubblewrap ${version}, which is too old`,
      `Install version ${versionMin.join(".")} or newer`,
    );
  }
  return { path, version };
}

export function unavailable(why: string, hint: string): Problem {
  return new Problem("unavailable", `Cannot confine commands: ${why}`, { hint });
}

function isOlder(version: readonly number[]): boolean {
  for (const [index, least] of versionMin.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(path, {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(versionTimeoutMs),
      clearEnv: true,
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}
