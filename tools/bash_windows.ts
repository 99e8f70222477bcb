// Bash on Windows: PowerShell, without gate and without adoption after a restart. Not tested on a real Windows yet.
import { open } from "node:fs/promises";
import { commandFiles, followOutput, outputBytesMax, readOutput } from "./command_files.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { commandEnvironment } from "./environment.ts";
import { powershellArguments, powershellPrograms } from "./powershell.ts";

/** Runs the command to its end; `taskkill` ends its whole process tree on a time limit, a cancel or too much output. */
export async function runOnWindows(
  command: string,
  timeoutMs: number,
  context: ToolContext,
): Promise<ToolOutcome> {
  const files = commandFiles(await context.effectDir());
  const file = await open(files.output, "w", 0o600);
  const live = followOutput(files, (text) => context.onOutput(text));
  const child = startPowershell(command, context.workspace);
  let ended: string | null = null;
  const end = (why: string) => {
    if (ended !== null) return;
    ended = why;
    new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", String(child.pid)] }).spawn().unref();
  };
  const cancel = () => end("cancelled");
  context.signal.addEventListener("abort", cancel, { once: true });
  if (context.signal.aborted) cancel();
  const timer = setTimeout(
    () => end(`timed out after ${timeoutMs} ms and was ended, raise timeout_ms`),
    timeoutMs,
  );
  let bytes = 0;
  const keep = async (chunk: Uint8Array) => {
    const kept = chunk.subarray(0, Math.max(0, outputBytesMax - bytes));
    bytes += chunk.length;
    if (kept.length > 0) await file.appendFile(kept);
    if (bytes > outputBytesMax) end(`wrote more than ${outputBytesMax} bytes and was ended`);
    await live.pump();
  };
  // Two streams go into one file: one piece at a time.
  let turn = Promise.resolve();
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) await (turn = turn.then(() => keep(chunk)));
  };
  try {
    const [status] = await Promise.all([child.status, collect(child.stdout), collect(child.stderr)]);
    const { text, truncated } = await readOutput(files);
    if (context.signal.aborted) return { status: "interrupted", reason: "cancelled", output: text };
    if (ended !== null) return { status: "failed", error: ended, output: text };
    if (status.code !== 0) return { status: "failed", error: `exit code ${status.code}`, output: text };
    return { status: "finished", output: text || "[no output]", truncated };
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener("abort", cancel);
    await file.close();
  }
}

function startPowershell(command: string, cwd: string): Deno.ChildProcess {
  const args = powershellArguments(command);
  const start = (program: string) =>
    new Deno.Command(program, {
      args,
      cwd,
      env: commandEnvironment(Deno.env.toObject()),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  const [first = "pwsh", second = "powershell.exe"] = powershellPrograms;
  try {
    return start(first);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return start(second);
    throw thrown;
  }
}
