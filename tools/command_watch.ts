// Waits for a command that was let through its gate, whether this process started it or found it after a restart.
import {
  commandFiles,
  cutOutput,
  followOutput,
  outputBytesMax,
  readOutput,
  readStatus,
} from "./command_files.ts";
import { pause } from "../src/platform/pause.ts";
import type { ToolOutcome } from "./contract.ts";
import {
  endGroup,
  type GroupIdentity,
  isLeaderAlive,
  shutdownGraceMs,
  terminateGraceMs,
} from "./process_group.ts";

const firstPollMs = 4;
/** Slowly: a command in the sandbox takes about a dozen milliseconds when it does nothing, and is not to wait as long again. */
const pollGrowth = 1.25;
export const slowestPollMs = 50;

export interface Watch {
  group: GroupIdentity;
  dir: string;
  /** In milliseconds since 1970; the command is ended then. */
  deadline: number;
  signal: AbortSignal;
  /** True when the leader had ended before this watch began. */
  endedUnseen: boolean;
  /** The longest wait between two looks at a command that writes nothing; by default `slowestPollMs`. */
  idlePollMs?: number;
  /** Ends the watch and nothing else: somebody else watches the command from now on. */
  leave?: AbortSignal;
  onOutput(text: string): void;
}

export type CommandEnd =
  | { how: "exited"; code: number }
  | { how: "vanished" | "timed out" | "cancelled" | "too much output" };

/** The outcome of a command in the foreground; when this resolves, none of its processes is left. */
export async function watchCommand(watch: Watch & { timeoutMs: number }): Promise<ToolOutcome> {
  const { end, ended } = await endOfCommand(watch);
  const { text, truncated } = await readOutput(commandFiles(watch.dir));
  const note = end.how === "exited" && ended > 0
    ? `[${ended} background processes still ran and were ended]`
    : "";
  const output = [text, note].filter((part) => part !== "").join("\n");
  return outcomeOf(end, output, { truncated, timeoutMs: watch.timeoutMs });
}

/**
 * How the command ended, and how many of its processes had to be ended after it. When this resolves, none of them is
 * left, and its output file is not longer than `outputBytesMax`. Rejects with the reason of `leave`: then it still runs.
 */
export async function endOfCommand(watch: Watch): Promise<{ end: CommandEnd; ended: number }> {
  const files = commandFiles(watch.dir);
  const tail = followOutput(files, watch.onOutput);
  const end = await waitForEnd(watch, () => tail.pump());
  const ended = await endGroup(watch.group, {
    graceMs: watch.signal.reason === "shutdown" ? shutdownGraceMs : terminateGraceMs,
    mayLeave: end.how === "exited",
    onlyMarked: watch.endedUnseen,
  });
  await tail.pump();
  const tooLong = await cutOutput(files);
  return { end: end.how === "vanished" && tooLong ? { how: "too much output" } : end, ended };
}

/** Ends at the deadline at the latest. A status that is there wins over everything else. */
async function waitForEnd(watch: Watch, pump: () => Promise<number>): Promise<CommandEnd> {
  const { signal, leave } = watch;
  const woken = leave === undefined ? signal : AbortSignal.any([signal, leave]);
  let delay = firstPollMs;
  let sizeBefore = 0;
  for (;;) {
    // The leader is looked at first: when it is gone, its status is already there or will never be.
    const alive = !watch.endedUnseen && await isLeaderAlive(watch.group);
    const code = await readStatus(commandFiles(watch.dir));
    if (code !== null) return { how: "exited", code };
    if (!alive) return { how: "vanished" };
    const size = await pump();
    if (size > outputBytesMax) return { how: "too much output" };
    watch.leave?.throwIfAborted();
    if (watch.signal.aborted) return { how: "cancelled" };
    if (Date.now() >= watch.deadline) return { how: "timed out" };
    await pause(Math.min(delay, Math.max(1, watch.deadline - Date.now())), woken);
    // One that writes may fill the disk, so it is looked at often.
    const slowest = size === sizeBefore ? watch.idlePollMs ?? slowestPollMs : slowestPollMs;
    delay = Math.min(delay * pollGrowth, slowest);
    sizeBefore = size;
  }
}

function outcomeOf(
  end: CommandEnd,
  output: string,
  { truncated, timeoutMs }: { truncated: boolean; timeoutMs: number },
): ToolOutcome {
  switch (end.how) {
    case "exited":
      if (end.code === 0) return { status: "finished", output: output || "[no output]", truncated };
      return { status: "failed", error: `exit code ${end.code}`, output };
    case "timed out":
      return {
        status: "failed",
        error: `timed out after ${timeoutMs} ms and was ended, raise timeout_ms or set run_in_background`,
        output,
      };
    case "too much output":
      return { status: "failed", error: `wrote more than ${outputBytesMax} bytes and was ended`, output };
    case "cancelled":
      return { status: "interrupted", reason: "cancelled", output };
    case "vanished":
      return {
        status: "interrupted",
        reason:
          "the shell was ended from outside before the command was done: it may or may not have completed",
        output,
      };
    default:
      return end satisfies never;
  }
}
