// What `jamey doctor` finds about the settings: the file, the providers and their keys, and this folder's settings.
import { join } from "node:path";
import { withEnvironment } from "../config/environment.ts";
import { readConfigText } from "../config/file.ts";
import { openFolderReader } from "../config/folder.ts";
import { type Keys, resolveKeys } from "../config/keys.ts";
import { readManaged } from "../config/managed.ts";
import { checkConfig, faultLine } from "../config/parse.ts";
import type { ProviderSettings } from "../config/provider_kinds.ts";
import { configDir } from "../platform/config_dir.ts";
import { managedFile } from "../platform/managed_file.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { placeOf } from "./config_actions.ts";
import { lookAtConfig } from "./config_look.ts";
import { broken, type Check, type Finding } from "./doctor_finding.ts";

const othersMask = 0o077;

export const checkSettings: Check = async (_context, input) => {
  const { path, named } = placeOf(input);
  const env = Deno.env.toObject();
  const findings = ignoredFolder(env);
  try {
    const text = await readConfigText(path);
    if (text === undefined && named) {
      return [broken("config", `"${path}" is not there`, "Leave out --config")];
    }
    const checked = checkConfig(text ?? "");
    if (!checked.ok) {
      return [
        ...findings,
        ...checked.faults.map((fault) =>
          broken("config", `${path}: ${faultLine(fault)}`, "The daemon does not start with it")
        ),
      ];
    }
    findings.push(await standing(path, text !== undefined), ...await managedStanding());
    const config = withEnvironment(checked.value, env);
    findings.push(...await remarks(path));
    const keys = await resolveKeys(config, { os: Deno.build.os, env });
    for (const [name, settings] of Object.entries(config.providers)) {
      findings.push(provider(name, settings, { keys, isDefault: name === config.default_provider }));
    }
    return findings;
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    return [...findings, broken("config", thrown.message, thrown.hint)];
  }
};

/** Settings that come with the folder this was started in. */
export const checkFolder: Check = async () => {
  const { problem } = await openFolderReader().folderSettings(Deno.cwd());
  if (problem === undefined) return [];
  const { message, hint } = problem;
  return [{
    check: "folder settings",
    status: "warning",
    message,
    ...(hint === undefined ? {} : { fix: hint }),
  }];
};

async function standing(path: string, isThere: boolean): Promise<Finding> {
  if (!isThere) {
    return { check: "config", status: "ok", message: `"${path}" is not there; the first start makes it` };
  }
  const { mode } = await Deno.stat(path);
  if (Deno.build.os !== "windows" && mode !== null && (mode & othersMask) !== 0) {
    return {
      check: "config",
      status: "warning",
      message: `"${path}" can be read by others (mode ${(mode & 0o777).toString(8)})`,
      fix: `Run: chmod 600 "${path}"`,
    };
  }
  return { check: "config", status: "ok", message: `"${path}"` };
}

/** Throws a Problem for a file that cannot be used. */
async function managedStanding(): Promise<Finding[]> {
  const path = managedFile(Deno.build.os, (name) => Deno.env.get(name));
  const { rules, bypassDisabled } = await readManaged(path);
  if (rules.length === 0 && !bypassDisabled) return [];
  const bypass = bypassDisabled ? ", bypassPermissions is off" : "";
  const count = rules.length === 1 ? "1 rule" : `${rules.length} rules`;
  return [{ check: "managed settings", status: "ok", message: `"${path}": ${count}${bypass}` }];
}

/** What does not stop the daemon and has another effect than it seems to have. */
async function remarks(path: string): Promise<Finding[]> {
  const found = await lookAtConfig(path);
  return found.remarks.map((remark) => ({
    check: "config",
    status: "warning",
    message: `${remark.path}: ${faultLine(remark)}`,
  }));
}

function ignoredFolder(env: Record<string, string>): Finding[] {
  const xdg = env["XDG_CONFIG_HOME"] ?? "";
  const used = configDir({ os: Deno.build.os, env: (name) => env[name], cwd: Deno.cwd() });
  if (Deno.build.os !== "linux" || xdg === "" || used === join(xdg, "jamey-code")) return [];
  return [{
    check: "config",
    status: "warning",
    message: `XDG_CONFIG_HOME is ignored: "${xdg}" is relative, or leads into the folder this was started in`,
    fix: "Give an absolute path outside of what you work on",
  }];
}

function provider(
  name: string,
  settings: ProviderSettings,
  { keys, isDefault }: { keys: Keys; isDefault: boolean },
): Finding {
  const check = `provider ${name}`;
  const what = `${settings.kind}${"model" in settings ? `, model "${settings.model}"` : ""}${
    isDefault ? ", the default" : ""
  }`;
  try {
    if ("key" in settings && settings.key !== undefined) keys.secret(settings.key);
    return { check, status: "ok", message: what };
  } catch (thrown) {
    const fix = thrown instanceof Problem && thrown.hint !== undefined ? { fix: thrown.hint } : {};
    // Another provider's key may be one that this person does not need today.
    return {
      check,
      status: isDefault ? "broken" : "warning",
      message: `${what}: ${messageOf(thrown)}`,
      ...fix,
    };
  }
}
