// The configuration's file: where it is, reading it within limits, making it at the first run, replacing it whole.
import { dirname, join, resolve } from "node:path";
import { configDir } from "../platform/config_dir.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { defaultText } from "./default_text.ts";
import { type EffectiveConfig, type Environment, withEnvironment } from "./environment.ts";
import { configBytesMax, parseConfig } from "./parse.ts";

export interface ConfigPlace {
  /** `--config`: this file and no other. It must be there. */
  path?: string | undefined;
  env: Environment;
  /** The operating system as `Deno.build.os` names it. */
  os: string;
}

const fileName = "runtime.toml";
const privateMode = 0o600;
const othersWrite = 0o002;

/** The configuration as it holds; a file that cannot be used is a Problem `bad_config`, never silently left out. */
export async function loadConfig(place: ConfigPlace): Promise<EffectiveConfig> {
  const path = configPath(place);
  const text = path === undefined ? undefined : await readConfigText(path);
  if (text === undefined && place.path !== undefined) {
    throw unreadable(
      path ?? place.path,
      "there is no such file",
      "Leave out --config, or name the file that is meant",
    );
  }
  return withEnvironment(parseConfig(text ?? "", path ?? fileName), place.env);
}

/** The file that holds the configuration, whether it is there or not; undefined without a home folder. */
export function configPath({ path, env, os }: ConfigPlace): string | undefined {
  if (path !== undefined) return resolve(path);
  const folder = configDir({ os, env: (name) => env[name], cwd: Deno.cwd() });
  return folder === undefined ? undefined : join(folder, fileName);
}

/** The text of the file; undefined when there is none. Throws a Problem `bad_config` for what is no readable text. */
export async function readConfigText(path: string): Promise<string | undefined> {
  const info = await Deno.stat(path).catch((thrown: unknown) => {
    if (thrown instanceof Deno.errors.NotFound || isNoFolder(thrown)) return undefined;
    throw unreadable(path, messageOf(thrown), "Make it readable for you, or name another file with --config");
  });
  if (info === undefined) return undefined;
  const why = unsafe(info);
  if (why !== undefined) throw unreadable(path, why.what, why.fix(path));
  const bytes = await Deno.readFile(path).catch((thrown: unknown) => {
    throw unreadable(path, messageOf(thrown), "Make it readable for you, or name another file with --config");
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable(path, "it is not UTF-8 text", "Save it again as UTF-8");
  }
}

/** Makes the file with everything commented out, when it is not there; says whether it was made. */
export async function ensureConfigFile(place: Omit<ConfigPlace, "path">): Promise<boolean> {
  const path = configPath(place);
  if (path === undefined) return false;
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, defaultText, { mode: privateMode, createNew: true });
    return true;
  } catch {
    // It is there already, or the folder is not ours to write: the daemon works without it.
    return false;
  }
}

/** Replaces the text, provided that it still is what was read (undefined: there was no file). */
export async function replaceConfigText(path: string, text: string, read: string | undefined): Promise<void> {
  // A link to the real file, as keepers of dotfiles make them, stays one.
  const target = await Deno.realPath(path).catch(() => path);
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: privateMode });
    const file = await Deno.open(temporary);
    await file.sync().finally(() => file.close());
    if (await readConfigText(target) !== read) {
      throw new Problem("conflict", `Cannot write "${path}": another program has changed it meanwhile`, {
        hint: "Try again",
      });
    }
    await Deno.rename(temporary, target);
  } catch (thrown) {
    await Deno.remove(temporary).catch(() => {});
    if (thrown instanceof Problem) throw thrown;
    throw new Problem("storage_failed", `Cannot write "${path}": ${messageOf(thrown)}`, {
      hint: "See that this user can write there and that the disk has room",
      cause: thrown,
    });
  }
}

/** A configuration names programs to run: whoever can change it can run them as this user. */
function unsafe(info: Deno.FileInfo): { what: string; fix: (path: string) => string } | undefined {
  if (!info.isFile) return { what: "it is no plain file", fix: () => "Name a file with --config" };
  if (info.size > configBytesMax) {
    return {
      what: `it is larger than ${configBytesMax} bytes`,
      fix: () => "Move it away; jamey start makes a new one",
    };
  }
  if (Deno.build.os === "windows" || info.mode === null) return undefined;
  if ((info.mode & othersWrite) !== 0) {
    return { what: "every user of this machine can change it", fix: (path) => `Run: chmod 600 "${path}"` };
  }
  const uid = Deno.uid();
  if (info.uid !== null && info.uid !== 0 && uid !== 0 && info.uid !== uid) {
    return { what: `it belongs to user ${info.uid}`, fix: () => "Make it your own" };
  }
  return undefined;
}

function isNoFolder(thrown: unknown): boolean {
  return thrown instanceof Deno.errors.NotADirectory;
}

function unreadable(path: string, why: string, hint: string): Problem {
  return new Problem("bad_config", `Cannot read config "${path}": ${why}`, { hint });
}
