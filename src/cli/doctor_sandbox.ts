// What `jamey doctor` finds about the sandbox for commands: whether what it is made of is there and allowed to work.
import { isAbsolute, join } from "node:path";
import { readConfigText } from "../config/file.ts";
import { checkConfig } from "../config/parse.ts";
import { placeOf } from "./config_actions.ts";
import type { Check, Finding } from "./doctor_finding.ts";

const check = "sandbox";
const oldest = [0, 8] as const;
const trialTimeoutMs = 5_000;
/** The least of what commands are started with: namespaces of their own, and nobody's privileges. */
const trial = ["--unshare-user", "--unshare-net", "--unshare-pid", "--disable-userns", "--ro-bind", "/", "/"];

export const checkSandbox: Check = async (_context, input) => {
  const text = await readConfigText(placeOf(input).path).catch(() => undefined);
  const checked = checkConfig(text ?? "");
  const wanted = checked.ok ? checked.value.sandbox : undefined;
  if (wanted?.enabled === false) {
    return [warning("commands are not confined: sandbox.enabled is false in your configuration")];
  }
  if (Deno.build.os !== "linux") return [];
  return [
    await lookAtBubblewrap(),
    ...(wanted !== undefined && wanted.allow_hosts.length > 0 ? [await lookAtSocat()] : []),
  ];
};

async function lookAtBubblewrap(): Promise<Finding> {
  const path = await find("bwrap");
  if (path === undefined) {
    return warning("bubblewrap is not installed, so commands ask first", "Run: apt-get install bubblewrap");
  }
  const said = await run(path, ["--version"]);
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(said.text) ?? [];
  if (Number(major) === oldest[0] && Number(minor) < oldest[1]) {
    return warning(`"${path}" is too old (${said.text})`, `Install version ${oldest.join(".")} or newer`);
  }
  const tried = await run(path, [...trial, "true"]);
  if (tried.success) return { check, status: "ok", message: `${said.text} at "${path}" works` };
  return warning(
    `${said.text} at "${path}" does not work, so commands ask first: ${tried.text}`,
    "Let programs make user namespaces: sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu an AppArmor profile with userns for bwrap",
  );
}

async function lookAtSocat(): Promise<Finding> {
  const path = await find("socat");
  if (path !== undefined) return { check, status: "ok", message: `"${path}" leads to sandbox.allow_hosts` };
  return warning(
    "socat is not installed, so sandbox.allow_hosts has no effect",
    "Run: apt-get install socat",
  );
}

function warning(message: string, fix?: string): Finding {
  return { check, status: "warning", message, ...(fix === undefined ? {} : { fix }) };
}

async function find(name: string): Promise<string | undefined> {
  const folders = ["/usr/bin", "/bin", "/usr/local/bin", ...(Deno.env.get("PATH") ?? "").split(":")];
  for (const folder of folders.filter(isAbsolute)) {
    const path = join(folder, name);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

async function run(path: string, args: string[]): Promise<{ success: boolean; text: string }> {
  try {
    const signal = AbortSignal.timeout(trialTimeoutMs);
    const { success, stdout, stderr } = await new Deno.Command(path, { args, stdin: "null", signal })
      .output();
    const decoder = new TextDecoder();
    return { success, text: (decoder.decode(stdout) || decoder.decode(stderr)).trim() };
  } catch (thrown) {
    return { success: false, text: thrown instanceof Error ? thrown.message : "it cannot be run" };
  }
}
