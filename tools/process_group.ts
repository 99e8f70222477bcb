// The processes of one command: told from all others for certain, also after a restart, and ended as a whole.
import { z } from "zod";
import { pause } from "../src/platform/pause.ts";
import {
  bootId,
  findProcess,
  lookForEntry,
  type ProcessRow,
  signalProcess,
  visitProcesses,
} from "./process_table.ts";

/** With what comes after it, a command that does not leave is gone within the two seconds that a cancel may take. */
export const terminateGraceMs = 1_000;
/** The whole daemon has two seconds to stop. */
export const shutdownGraceMs = 500;
/** After the last command has ended, helpers in its group may need a moment to leave. */
const leaveMs = 300;
const pollMs = 20;
const killAgainMs = 100;
const killMsMax = 2_000;
/** Other programs' short-lived processes make a look unsure too, so it must not go on until it is sure. */
const looksMax = 6;

export const groupIdentity = z.object({
  pgid: z.number().int().min(2),
  start_time: z.string(),
  boot_id: z.string(),
  /** An environment entry that every process of the command inherits, also one that left the group. */
  marker: z.string(),
});
export type GroupIdentity = z.infer<typeof groupIdentity>;

/** Names the group that `leader` leads; null when it is gone already. */
export async function identifyGroup(leader: number, marker: string): Promise<GroupIdentity | null> {
  const row = await findProcess(leader);
  if (row === null || row.isZombie) return null;
  return { pgid: leader, start_time: row.startTime, boot_id: await bootId(), marker };
}

/** Whether the leader still runs, and is not another process that was given its number. */
export async function isLeaderAlive(group: GroupIdentity): Promise<boolean> {
  const row = await findProcess(group.pgid);
  return row !== null && !row.isZombie && row.startTime === group.start_time;
}

/** Whether the group was made since the machine started: only then can any of it still run. */
export async function isThisBoot(group: GroupIdentity): Promise<boolean> {
  return await bootId() === group.boot_id;
}

export interface EndOptions {
  /** Those that leave by themselves within a moment are let go and not counted. */
  mayLeave: boolean;
  /** For a leader that ended unseen: its number may have been given to others since, so only the marker counts. */
  onlyMarked: boolean;
  /** How long SIGTERM may take; by default `terminateGraceMs`. */
  graceMs?: number;
}

/**
 * Ends every process of the command: SIGTERM, a moment of grace, SIGKILL. Returns how many, leader apart, had to
 * be ended. Does nothing about a group of an earlier boot.
 */
export async function endGroup(group: GroupIdentity, options: EndOptions): Promise<number> {
  if (!(await isThisBoot(group))) return 0;
  const left = await membersLeft(group, options, options.mayLeave ? leaveMs : 0);
  const others = left.filter((row) => row.pid !== group.pgid);
  if (left.length === 0 || (options.mayLeave && others.length === 0)) return 0;
  const stubborn = await askToLeave(group, options, left);
  await killAll(group, options, stubborn);
  return others.length;
}

/** SIGTERM, once to each, also to those that are started meanwhile; the members that are still there after the grace. */
async function askToLeave(
  group: GroupIdentity,
  options: EndOptions,
  first: ProcessRow[],
): Promise<ProcessRow[]> {
  const deadline = Date.now() + (options.graceMs ?? terminateGraceMs);
  const asked = new Set(first.map((row) => row.pid));
  signalAll(group, first, "SIGTERM");
  let left = first;
  while (left.length > 0 && Date.now() < deadline) {
    await pause(pollMs);
    left = await members(group, options);
    for (const { pid } of left.filter((row) => !asked.has(row.pid))) {
      asked.add(pid);
      signalProcess(pid, "SIGTERM");
    }
  }
  return left;
}

/** SIGKILL, again and again for a while: members that have left the group may have started others meanwhile. */
async function killAll(group: GroupIdentity, options: EndOptions, stubborn: ProcessRow[]): Promise<void> {
  const deadline = Date.now() + killMsMax;
  let left = stubborn;
  while (left.length > 0 && Date.now() < deadline) {
    signalAll(group, left, "SIGKILL");
    left = await membersLeft(group, options, killAgainMs);
  }
}

/** The members that are still there after at most `waitMs`; returns early when none is. */
async function membersLeft(group: GroupIdentity, options: EndOptions, waitMs: number): Promise<ProcessRow[]> {
  const deadline = Date.now() + waitMs;
  let left = await members(group, options);
  while (left.length > 0 && Date.now() < deadline) {
    await pause(pollMs);
    left = await members(group, options);
  }
  return left;
}

/** Looks again while none is found but one may have been missed: between two looks a process can start its successor and end. */
async function members(group: GroupIdentity, options: EndOptions): Promise<ProcessRow[]> {
  let ended: ReadonlySet<string> = new Set();
  for (let look = 1;; look++) {
    const { found, isSure, zombies } = await lookForMembers(group, options, ended);
    if (found.length > 0 || isSure || look >= looksMax) return found;
    ended = zombies;
  }
}

interface Look {
  found: ProcessRow[];
  isSure: boolean;
  /** What had ended when this look began or while it went on: for the next one these are over. */
  zombies: ReadonlySet<string>;
}

/** `ended`: zombies that an earlier look has met; any other may have started its successor after the list was made. */
async function lookForMembers(
  group: GroupIdentity,
  options: EndOptions,
  ended: ReadonlySet<string>,
): Promise<Look> {
  const leader = await findProcess(group.pgid);
  // A number is not given out again while a group bears it: another leader means that ours is empty.
  const isReused = leader !== null && leader.startTime !== group.start_time;
  const trustNumber = !isReused && !options.onlyMarked;
  const belongs = (row: ProcessRow) => {
    // Threads of the kernel are in no group.
    if (row.group === 0 || isOlder(row, group)) return "no";
    if (row.isZombie) return row.pid === leader?.pid || ended.has(keyOf(row)) ? "no" : "unclear";
    if (trustNumber && (row.group === group.pgid || row.session === group.pgid)) return "yes";
    return lookForEntry(row.pid, group.marker);
  };
  const found: ProcessRow[] = [];
  const zombies = new Set<string>();
  let unclear = 0;
  const { vanished } = await visitProcesses((row) => {
    if (row.isZombie) zombies.add(keyOf(row));
    const verdict = belongs(row);
    if (verdict === "yes") found.push(row);
    if (verdict === "unclear") unclear++;
  });
  // Parents come first: a shell that is told after its child has words for the end of it.
  return { found: found.sort(byAge), isSure: vanished + unclear === 0, zombies };
}

function keyOf({ pid, startTime }: ProcessRow): string {
  return `${pid} ${startTime}`;
}

/** Start times are numbers on Linux; elsewhere they are dates in words, which tell nothing here. */
function isOlder(row: ProcessRow, group: GroupIdentity): boolean {
  return Number(row.startTime) < Number(group.start_time);
}

function byAge(a: ProcessRow, b: ProcessRow): number {
  return (Number(a.startTime) - Number(b.startTime)) || a.pid - b.pid;
}

function signalAll(group: GroupIdentity, rows: readonly ProcessRow[], name: "SIGTERM" | "SIGKILL"): void {
  const inGroup = rows.filter((row) => row.group === group.pgid);
  if (inGroup.length > 0) signalProcess(-group.pgid, name);
  for (const row of rows.filter((candidate) => !inGroup.includes(candidate))) signalProcess(row.pid, name);
}
