// What `jamey doctor` finds about this machine: the data folder, the daemon's files, the disk, the programs.
import { statfs } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { probe, readDaemonFile } from "../client/connection.ts";
import { readTokenFile } from "../client/token_file.ts";
import { checkConfig } from "../config/parse.ts";
import { readConfigText } from "../config/file.ts";
import { isProcessAlive } from "../platform/process_alive.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { placeOf } from "./config_actions.ts";
import { broken, type Check, type Finding } from "./doctor_finding.ts";

const othersMask = 0o077;
const megabyte = 1024 * 1024;
const freeBytesMin = 100 * megabyte;
const freeBytesGood = 1024 * megabyte;
/** How far up a folder that is not there yet is followed. */
const parentsMax = 64;

export const checkData: Check = async ({ dataDir }) => {
  const check = "data folder";
  const info = await Deno.stat(dataDir).catch(() => null);
  if (info === null) {
    return [{ check, status: "ok", message: `"${dataDir}" is not there; the first start makes it` }];
  }
  if (!info.isDirectory) {
    return [
      broken(check, `"${dataDir}" is no folder`, "Choose another one with --data-dir or JAMEY_DATA_DIR"),
    ];
  }
  const probeFile = join(dataDir, `.doctor-${crypto.randomUUID()}`);
  try {
    await Deno.writeTextFile(probeFile, "", { createNew: true, mode: 0o600 });
    await Deno.remove(probeFile);
  } catch (thrown) {
    return [
      broken(
        check,
        `"${dataDir}" cannot be written: ${messageOf(thrown)}`,
        `Make it yours: chown or chmod 700`,
      ),
    ];
  }
  if (isOpen(info)) {
    const message = `"${dataDir}" is open to others (mode ${modeText(info)})`;
    return [{ check, status: "warning", message, fix: `Run: chmod 700 "${dataDir}"` }];
  }
  return [{ check, status: "ok", message: `"${dataDir}"` }];
};

export const checkToken: Check = async ({ dataDir }) => {
  const path = join(dataDir, "token");
  if (await Deno.lstat(path).catch(() => null) === null) return [];
  try {
    await readTokenFile(path);
    return [{ check: "token", status: "ok", message: `"${path}"` }];
  } catch (thrown) {
    return [asFinding("token", thrown)];
  }
};

export const checkDisk: Check = async ({ dataDir }) => {
  const folder = await existing(dataDir);
  const { bavail, bsize } = await statfs(folder);
  const free = Number(bavail) * Number(bsize);
  const message = `${Math.floor(free / megabyte)} MB free for "${dataDir}"`;
  if (free >= freeBytesGood) return [{ check: "disk", status: "ok", message }];
  const fix = "Make room: sessions cannot be saved on a full disk";
  return [{ check: "disk", status: free < freeBytesMin ? "broken" : "warning", message, fix }];
};

export const checkDaemon: Check = async ({ dataDir, version }) => {
  const check = "daemon";
  try {
    const file = await readDaemonFile(dataDir);
    if (file === undefined) return [{ check, status: "ok", message: "not running" }];
    if (!isProcessAlive(file.pid)) {
      const message = `not running; daemon.json is left over from process ${file.pid}, which has ended`;
      return [{ check, status: "warning", message, fix: "Run: jamey start (it goes on with all sessions)" }];
    }
    const answer = await probe(file.url);
    if (answer === undefined) {
      const message = `process ${file.pid}, which daemon.json names, does not answer at "${file.url}"`;
      return [
        broken(
          check,
          message,
          `Look at: jamey logs. If that process is not jamey, remove "${join(dataDir, "daemon.json")}"`,
        ),
      ];
    }
    const running = `running at "${file.url}" (process ${file.pid}, version ${answer.version})`;
    if (answer.version === version) return [{ check, status: "ok", message: running }];
    return [{
      check,
      status: "warning",
      message: running,
      fix: `This program is ${version}. Run: jamey restart`,
    }];
  } catch (thrown) {
    return [asFinding(check, thrown)];
  }
};

interface Program {
  names: readonly string[];
  purpose: string;
  systems?: readonly string[];
}

const programs: readonly Program[] = [
  { names: ["git"], purpose: "worktrees and the state of a repository" },
  { names: ["rg"], purpose: "a faster Grep; without it the built-in search is used" },
  {
    names: ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge"],
    purpose: "the Browser tool; or set browser.executable",
  },
  { names: ["xdotool"], purpose: "the Computer tool", systems: ["linux"] },
  { names: ["secret-tool"], purpose: "keys in the keychain (keychain:NAME)", systems: ["linux"] },
];

export const checkPrograms: Check = async (_context, input) => {
  const browser = await configuredBrowser(placeOf(input).path);
  const findings: Finding[] = [];
  for (const { names, purpose, systems } of programs) {
    if (systems !== undefined && !systems.includes(Deno.build.os)) continue;
    const wanted = names.includes("chromium") && browser !== undefined ? [browser] : names;
    const found = await firstFound(wanted);
    findings.push(
      found === undefined
        ? { check: wanted[0] ?? "", status: "missing", message: `not found; it is for ${purpose}` }
        : { check: names[0] ?? "", status: "ok", message: `"${found}"` },
    );
  }
  return findings;
};

async function configuredBrowser(path: string): Promise<string | undefined> {
  const text = await readConfigText(path).catch(() => undefined);
  const checked = checkConfig(text ?? "");
  return checked.ok ? checked.value.browser.executable : undefined;
}

async function firstFound(names: readonly string[]): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const ending = Deno.build.os === "windows" ? ".exe" : "";
  const candidates = names.flatMap((name) =>
    isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name + ending))
  );
  for (const path of candidates) {
    const info = await Deno.stat(path).catch(() => null);
    if (info?.isFile && (info.mode === null || (info.mode & 0o111) !== 0)) return path;
  }
  return undefined;
}

/** The folder itself, or the nearest one above that is there. */
async function existing(path: string): Promise<string> {
  let here = path;
  for (let i = 0; i < parentsMax; i++) {
    if (await Deno.stat(here).then(() => true, () => false)) return here;
    here = dirname(here);
  }
  return here;
}

function isOpen({ mode }: Deno.FileInfo): boolean {
  return Deno.build.os !== "windows" && mode !== null && (mode & othersMask) !== 0;
}

function modeText({ mode }: Deno.FileInfo): string {
  return ((mode ?? 0) & 0o777).toString(8);
}

function asFinding(check: string, thrown: unknown): Finding {
  return broken(check, messageOf(thrown), thrown instanceof Problem ? thrown.hint : undefined);
}
