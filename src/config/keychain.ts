// The keychain of the platform, through its own program: `security` on macOS, `secret-tool` on Linux. The secret crosses
// only stdin and stdout of that program; it is never an argument, which other users could see.
import { absoluteSearchPath } from "../platform/search_path.ts";
import { Problem } from "../protocol/problem.ts";
import { type ProgramEnd, runProgram } from "./program.ts";

export interface KeychainOptions {
  /** The operating system as `Deno.build.os` names it. */
  os: string;
  env: Record<string, string | undefined>;
}

const service = "jamey-code";
/** What these programs need to find the session's keychain; keys in our environment are none of their business. */
const passed = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
];
const secretCharsMax = 16_384;
/** Exit codes for "there is no such entry". */
const absent: Record<string, number> = { linux: 1, darwin: 44 };

/** The secret of that name; throws a Problem `bad_config` that names the reference. */
export async function readKeychain(name: string, options: KeychainOptions): Promise<string> {
  const what = `Cannot read key "keychain:${name}"`;
  const lookUp = options.os === "darwin"
    ? ["/usr/bin/security", "find-generic-password", "-s", service, "-a", name, "-w"] as const
    : ["secret-tool", "lookup", "service", service, "account", name] as const;
  const end = await run(what, lookUp, options);
  const secret = end.stdout.replace(/\r?\n$/, "");
  if (end.code === 0 && secret !== "") return secret;
  if (end.code === 0 || end.code === absent[options.os]) {
    throw problem(what, "the keychain has no such entry", `Store it with: jamey config key ${name}`);
  }
  throw problem(
    what,
    `the keychain's program ended with exit code ${end.code}`,
    "Unlock the keychain and try again",
  );
}

/** Stores a secret under that name, replacing an older one. */
export async function writeKeychain(name: string, secret: string, options: KeychainOptions): Promise<void> {
  const what = `Cannot store key "keychain:${name}"`;
  if (secret === "" || secret.length > secretCharsMax || /[\0\r\n]/.test(secret)) {
    throw new Problem("bad_request", `${what}: it is empty, on more than one line, or too long`, {
      hint: `Give it on stdin, on one line of at most ${secretCharsMax} characters`,
    });
  }
  const end = options.os === "darwin"
    // In this mode its commands come by stdin; as hexadecimal digits nothing in the secret needs quotes.
    ? await run(what, ["/usr/bin/security", "-i"], options, macCommand(name, secret))
    : await run(what, storeCommand(name), options, secret);
  if (end.code === 0) return;
  throw problem(
    what,
    `the keychain's program ended with exit code ${end.code}`,
    "Unlock the keychain and try again",
  );
}

function macCommand(name: string, secret: string): string {
  const hex = [...new TextEncoder().encode(secret)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  return `add-generic-password -U -s ${service} -a ${name} -X ${hex}\n`;
}

function storeCommand(name: string): readonly [string, ...string[]] {
  return ["secret-tool", "store", `--label=jamey: ${name}`, "service", service, "account", name];
}

async function run(
  what: string,
  command: readonly [string, ...string[]],
  { os, env }: KeychainOptions,
  stdin?: string,
): Promise<Extract<ProgramEnd, { status: "ended" }>> {
  if (os === "windows") throw problem(what, "there is no support for the keychain of Windows", useVariable);
  const own = passed.flatMap((variable) => {
    const value = env[variable];
    return value === undefined ? [] : [[variable, variable === "PATH" ? absoluteSearchPath(value) : value]];
  });
  const end = await runProgram(command, {
    env: Object.fromEntries(own),
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (end.status === "ended") return end;
  const why = end.status === "not_found"
    ? `there is no program "${command[0]}"`
    : `"${command[0]}": ${end.why}`;
  throw problem(what, why, useVariable);
}

const useVariable = 'Keep the key in an environment variable and refer to it as "env:NAME"';

function problem(what: string, why: string, hint: string): Problem {
  return new Problem("bad_config", `${what}: ${why}`, { hint });
}
