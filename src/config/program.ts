// Runs a small program of the system and reads what it says: for keychains and for asking what is installed.

export interface ProgramOptions {
  /** All that the program gets to see of the environment. */
  env: Record<string, string>;
  stdin?: string;
  /** Default 5,000. */
  timeoutMs?: number;
}

export type ProgramEnd =
  | { status: "ended"; code: number; stdout: string; stderr: string }
  | { status: "not_found" }
  | { status: "failed"; why: string };

const timeoutDefaultMs = 5_000;
const outputBytesMax = 64 * 1024;

/** Resolves when the program has ended, run out of time or said too much; it is killed then. Never rejects. */
export async function runProgram(
  [name, ...args]: readonly [string, ...string[]],
  { env, stdin = "", timeoutMs = timeoutDefaultMs }: ProgramOptions,
): Promise<ProgramEnd> {
  const child = spawn(name, args, env);
  if (!("process" in child)) return child;
  const { process } = child;
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), timeoutMs);
  const [stdout, stderr] = [process.stdout.getReader(), process.stderr.getReader()];
  try {
    const work = Promise.all([feed(process.stdin, stdin), readAll(stdout), readAll(stderr), process.status]);
    const end = await Promise.race([work, late.promise]);
    if (end === "late") return { status: "failed", why: `it did not end within ${timeoutMs / 1000} s` };
    const [, out, err, { code }] = end;
    if (out === null || err === null) {
      return { status: "failed", why: `it said more than ${outputBytesMax} bytes` };
    }
    return { status: "ended", code, stdout: out, stderr: err };
  } finally {
    clearTimeout(timer);
    kill(process);
    // A child of its own may still hold the pipes.
    await Promise.allSettled([stdout.cancel(), stderr.cancel()]);
  }
}

type Spawned = { process: Deno.ChildProcess } | Exclude<ProgramEnd, { status: "ended" }>;

function spawn(name: string, args: string[], env: Record<string, string>): Spawned {
  try {
    const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    return { process: new Deno.Command(name, { args, env, clearEnv: true, ...piped }).spawn() };
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return { status: "not_found" };
    return { status: "failed", why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

async function feed(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter();
  // A program that does not read its input may be gone already.
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}

/** All that comes; null when it is too much, and then no more is read. */
async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | null> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > outputBytesMax) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}
