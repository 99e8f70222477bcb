// Bash on Windows: PowerShell, without gate and without adoption after a restart. Not tested on a real Windows yet.
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { cutMiddle } from "./cut.ts";
import { cleanEnvironment } from "./environment.ts";
import { plainText } from "./plain_text.ts";

const outputBytesMax = 8 * 1024 * 1024;

/** Runs the command to its end; `taskkill` ends its whole process tree on a time limit, a cancel or too much output. */
export async function runOnWindows(
  command: string,
  limit: { timeoutMs: number; charsMax: number },
  context: ToolContext,
): Promise<ToolOutcome> {
  const child = new Deno.Command("powershell", {
    args: ["-NoProfile", "-NonInteractive", "-Command", command],
    cwd: context.workspace,
    env: cleanEnvironment(Deno.env.toObject()),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let ended: string | null = null;
  const end = (why: string) => {
    ended ??= why;
    new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", String(child.pid)] }).spawn().unref();
  };
  const cancel = () => end("cancelled");
  context.signal.addEventListener("abort", cancel, { once: true });
  const timer = setTimeout(() => end(`timed out after ${limit.timeoutMs} ms and was ended`), limit.timeoutMs);
  const pieces: string[] = [];
  let bytes = 0;
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > outputBytesMax) return end(`wrote more than ${outputBytesMax} bytes and was ended`);
      const text = plainText(decoder.decode(chunk, { stream: true }));
      pieces.push(text);
      context.onOutput(text);
    }
  };
  try {
    const [status] = await Promise.all([child.status, collect(child.stdout), collect(child.stderr)]);
    const { text, cut } = cutMiddle(pieces.join(""), limit.charsMax);
    if (context.signal.aborted) return { status: "interrupted", reason: "cancelled", output: text };
    if (ended !== null) return { status: "failed", error: ended, output: text };
    if (status.code !== 0) return { status: "failed", error: `exit code ${status.code}`, output: text };
    return { status: "finished", output: text || "[no output]", truncated: cut };
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener("abort", cancel);
  }
}
