// Runs a program to its end: one text in, bounded output out, within a time limit, and nothing of it is left behind.
import { messageOf } from "../../src/protocol/problem.ts";
import { shutdownGraceMs, terminateGraceMs } from "../process_group.ts";
import { keepHead, keepTail } from "./byte_tail.ts";
import { type Program, type ProgramOptions, startProgram } from "./program.ts";

/** After all processes have ended, output that somebody out of reach still holds open is not waited for longer. */
const lastOutputMs = 500;

export interface RunOptions extends ProgramOptions {
  input: string;
  timeoutMs: number;
  stdoutBytesMax: number;
  stderrBytesMax: number;
  signal: AbortSignal;
}

export interface ProgramEnd {
  how: "exited" | "timed out" | "cancelled" | "not started";
  /** Null unless it exited. 127 and 126 are those of the shell for what is not there or cannot be run. */
  code: number | null;
  /** The start of it, and how many bytes it was in all. */
  stdout: string;
  stdoutBytes: number;
  /** The end of it; for `not started` the reason. */
  stderr: string;
}

/** Never rejects. When it resolves, the group has ended. */
export async function runProgram(options: RunOptions): Promise<ProgramEnd> {
  const nothing = { code: null, stdout: "", stdoutBytes: 0, stderr: "" };
  if (options.signal.aborted) return { how: "cancelled", ...nothing };
  let program: Program;
  try {
    program = await startProgram(options);
  } catch (thrown) {
    return { how: "not started", ...nothing, stderr: messageOf(thrown) };
  }
  const [stdout, stderr] = [keepHead(options.stdoutBytesMax), keepTail(options.stderrBytesMax)];
  const streams = [drain(program.stdout, stdout.push), drain(program.stderr, stderr.push)];
  program.write(options.input).catch(() => {});
  program.closeInput();
  const ended = await firstOf(program.exited, options);
  const graceMs = options.signal.reason === "shutdown" ? shutdownGraceMs : terminateGraceMs;
  await program.end({ graceMs, mayLeave: typeof ended === "number" });
  await Promise.race([Promise.all(streams.map(({ done }) => done)), pause(lastOutputMs)]);
  for (const { cancel } of streams) cancel();
  return {
    how: typeof ended === "number" ? "exited" : ended,
    code: typeof ended === "number" ? ended : null,
    stdout: stdout.text(),
    stdoutBytes: stdout.total(),
    stderr: stderr.text(),
  };
}

/** Reads a stream to its end, or until it is let go. */
export function drain(
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: Uint8Array) => void,
): { done: Promise<void>; cancel(): void } {
  const reader = stream.getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes(value);
    }
  };
  return { done: read().catch(() => {}), cancel: () => void reader.cancel().catch(() => {}) };
}

/** The exit code, or why it is not waited for any longer. */
function firstOf(
  exited: Promise<number>,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<number | "timed out" | "cancelled"> {
  return new Promise((resolve) => {
    const settle = (end: number | "timed out" | "cancelled") => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      resolve(end);
    };
    const cancel = () => settle("cancelled");
    const timer = setTimeout(() => settle("timed out"), timeoutMs);
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    exited.then(settle);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
