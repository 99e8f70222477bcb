// A command in the background, from the outside: watched to its end by the kernel, also by one that did not start it.
import { stat } from "node:fs/promises";
import type { FactData } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import { type CommandEvidence, readEvidence } from "./command_evidence.ts";
import { commandFiles, outputBytesMax, readOutputEnd } from "./command_files.ts";
import { type CommandEnd, endOfCommand } from "./command_watch.ts";
import { endGroup, isLeaderAlive, isThisBoot } from "./process_group.ts";

/** A command in the background is ended after this time, also when the runtime is not there to do it. */
export const backgroundMaxMs = 2 * 60 * 60 * 1000;
/** The end of the output that goes into the log with the end of the task. */
export const endCharsMax = 4000;
const idlePollMs = 250;

export type BackgroundEnd = Omit<FactData<"background.ended">, "background_id">;

/**
 * Resolves when the command has ended and none of its processes is left. An abort ends it: "stopped" when the reason is
 * "shutdown", otherwise "killed". Rejects only with the reason of `leave`, which leaves the command alone.
 */
export async function watchBackground(
  logged: JsonValue,
  options: { signal: AbortSignal; leave?: AbortSignal; onOutput(text: string): void },
): Promise<BackgroundEnd> {
  const evidence = readEvidence(logged);
  if (evidence === null) return { status: "lost", output: "" };
  try {
    const isAlive = await isThisBoot(evidence) && await isLeaderAlive(evidence);
    const { end } = await endOfCommand({
      group: evidence,
      dir: evidence.dir,
      deadline: evidence.deadline ?? evidence.started_at + backgroundMaxMs,
      signal: options.signal,
      ...(options.leave === undefined ? {} : { leave: options.leave }),
      endedUnseen: !isAlive,
      idlePollMs,
      onOutput: options.onOutput,
    });
    return { ...statusOf(end, options.signal), ...await lastWords(evidence) };
  } catch {
    options.leave?.throwIfAborted();
    // Its folder is gone or the disk fails: what it does cannot be seen any more, so it must not go on.
    await endUnseen(evidence).catch(() => 0);
    return {
      status: options.signal.aborted ? abortStatus(options.signal) : "lost",
      ...await lastWords(evidence),
    };
  }
}

async function endUnseen(evidence: CommandEvidence): Promise<number> {
  return await endGroup(evidence, { mayLeave: false, onlyMarked: !(await isLeaderAlive(evidence)) });
}

function statusOf(end: CommandEnd, signal: AbortSignal): Pick<BackgroundEnd, "status" | "exit_code"> {
  switch (end.how) {
    case "exited":
      return { status: "exited", exit_code: end.code };
    case "timed out":
      return { status: "timed_out" };
    case "too much output":
      return { status: "too_much_output" };
    case "cancelled":
      return { status: abortStatus(signal) };
    case "vanished":
      return { status: "lost" };
    default:
      return end satisfies never;
  }
}

function abortStatus(signal: AbortSignal): "stopped" | "killed" {
  return signal.reason === "shutdown" ? "stopped" : "killed";
}

/** The end of the output, with a note where the rest is, and the file, when it is there. */
async function lastWords(evidence: CommandEvidence): Promise<Pick<BackgroundEnd, "output" | "output_file">> {
  const file = commandFiles(evidence.dir).output;
  if (await stat(file).then((found) => !found.isFile(), () => true)) return { output: "" };
  const output = await readOutputEnd(file, endCharsMax).catch(() => "");
  return { output, output_file: file };
}

/** What the guard beside the command enforces: a little after the runtime would. */
export function guardLimits(limitMs: number): { seconds: number; outputBytesMax: number } {
  return { seconds: Math.ceil(limitMs / 1000) + guardMarginSeconds, outputBytesMax };
}

const guardMarginSeconds = 5;
