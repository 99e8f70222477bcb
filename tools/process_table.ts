// What runs on this machine: process start times, groups and sessions, read from /proc on Linux and from `ps` elsewhere.
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { cleanEnvironment } from "./environment.ts";

const processesMax = 100_000;
const isLinux = Deno.build.os === "linux";

export interface ProcessRow {
  pid: number;
  group: number;
  session: number;
  /** Ended, but not yet collected by its parent. */
  isZombie: boolean;
  /** With the pid it names one process for as long as the machine is up. */
  startTime: string;
}

/** The row of one process, or null when there is none. */
export async function findProcess(pid: number): Promise<ProcessRow | null> {
  if (isLinux) return readStat(String(pid));
  const rows = await readPs(["-p", String(pid)]);
  return rows[0] ?? null;
}

/**
 * Shows `visit` all processes that can be seen, each as soon as it is read, and gives how many ended while they were
 * listed: they may have started others. Nothing is waited for in between: a trip to another thread for each process, or a
 * second round over all of them, is long enough to miss some.
 */
export async function visitProcesses(visit: (row: ProcessRow) => void): Promise<{ vanished: number }> {
  if (!isLinux) {
    (await readPs(["-A"])).forEach(visit);
    return { vanished: 0 };
  }
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).slice(0, processesMax);
  let vanished = 0;
  // The newest first, as far as numbers tell: they are the ones that end soon.
  for (const pid of pids.toReversed()) {
    const row = readStat(pid);
    if (row === null) vanished++;
    else visit(row);
  }
  return { vanished };
}

/** All processes that can be seen. */
export async function listProcesses(): Promise<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  await visitProcesses((row) => rows.push(row));
  return rows;
}

/** Whether a process carries `entry` in the environment it was started with; false when unknown. */
export function startedWith(pid: number, entry: string): Promise<boolean> {
  return Promise.resolve(lookForEntry(pid, entry) === "yes");
}

/**
 * Whether a process carries `entry` (`NAME=value`) in the environment it was started with. Unclear: it ended meanwhile,
 * or it is just becoming another program and shows none.
 */
export function lookForEntry(pid: number, entry: string): "yes" | "no" | "unclear" {
  if (!isLinux) return "no";
  const environment = readEnvironment(pid);
  if (environment === "") return "unclear";
  return environment.split("\0").includes(entry) ? "yes" : "no";
}

/** Empty when there is none; that of another user is not ours. */
function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EACCES" ? "\0" : "";
  }
}

/** A name for this run of the machine: pids and start times of another one mean nothing now. */
export async function bootId(): Promise<string> {
  if (isLinux) return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  return (await commandOutput("sysctl", ["-n", "kern.boottime"])).trim();
}

/** Sends a signal to a process, or to a group when `target` is negative; false when there is none. */
export function signalProcess(target: number, name: "SIGTERM" | "SIGKILL"): boolean {
  try {
    process.kill(target, name);
    return true;
  } catch {
    return false;
  }
}

/** Fields after the name, which may hold spaces and brackets: state, ppid, group, session, ... start time (22nd). */
function readStat(pid: string): ProcessRow | null {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return null;
  const isZombie = state === "Z" || state === "X";
  return { pid: Number(pid), group: Number(group), session: Number(session), isZombie, startTime };
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

async function readPs(selection: string[]): Promise<ProcessRow[]> {
  const text = await commandOutput("ps", [...selection, "-o", "pid=,pgid=,stat=,lstart="]);
  return text.split("\n").filter((line) => line.trim() !== "").slice(0, processesMax).map((line) => {
    const [pid, group, state, ...start] = line.trim().split(/\s+/);
    const isZombie = state?.startsWith("Z") ?? false;
    return { pid: Number(pid), group: Number(group), session: 0, isZombie, startTime: start.join(" ") };
  });
}

async function commandOutput(command: string, args: string[]): Promise<string> {
  const env = cleanEnvironment(Deno.env.toObject());
  const { stdout } = await new Deno.Command(command, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
