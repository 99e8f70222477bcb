// An MCP transport over a program's stdin and stdout. Unlike the SDK's own it ends the whole process group for certain,
// bounds what is read and what waits to be written, and forgets floods on stderr.
import { pause } from "../../src/platform/pause.ts";
import { messageOf } from "../../src/protocol/problem.ts";
import { keepTail } from "../external/byte_tail.ts";
import { type Program, type ProgramOptions, startProgram } from "../external/program.ts";
import { drain } from "../external/run_program.ts";
import { plainText } from "../plain_text.ts";
import { splitLines } from "./line_splitter.ts";
import type { JSONRPCMessage, Transport } from "./sdk.ts";

export const messageBytesMax = 32 * 1024 * 1024;
export const unsentCharsMax = 16 * 1024 * 1024;
export const stderrBytesMax = 8 * 1024;
/** Some servers greet in plain words before they speak the protocol. */
export const strayLinesMax = 200;
const lastOutputMs = 500;

export interface McpTransport extends Transport {
  /** False as soon as it begins to close. */
  isOpen(): boolean;
  /** Why it closed, with the last words of the other side; empty while there is nothing to say. */
  fault(): string;
  /** Closes within `graceMs` and a moment. Never rejects. */
  end(graceMs?: number): Promise<void>;
}

export interface StdioOptions extends ProgramOptions {
  /** Reads one message; throws when it is none. */
  parse(line: unknown): JSONRPCMessage;
}

export function stdioTransport(options: StdioOptions): McpTransport {
  const stderr = keepTail(stderrBytesMax);
  let program: Program | null = null;
  let reason = "";
  let ending: Promise<void> | null = null;
  let unsentChars = 0;
  const close = (why: string, graceMs?: number): Promise<void> => {
    reason ||= why;
    return ending ??= endProgram(program, graceMs).then(() => transport.onclose?.());
  };
  const read = readMessages(options, {
    onMessage: (message) => transport.onmessage?.(message),
    onFault: (why) => void close(why),
  });
  const transport: McpTransport = {
    async start() {
      const started = program = await startProgram(options);
      if (ending !== null) return await started.end();
      const streams = [drain(started.stdout, read), drain(started.stderr, stderr.push)];
      watch(started, streams, (why) => void close(why));
    },
    send(message) {
      if (program === null || ending !== null) return Promise.reject(new Error("the server has ended"));
      const line = `${JSON.stringify(message)}\n`;
      unsentChars += line.length;
      if (unsentChars > unsentCharsMax) void close("it does not read what it is sent");
      // A write that waits is not waited for: the answer is.
      program.write(line).then(() => unsentChars -= line.length, () => {});
      return Promise.resolve();
    },
    close: () => close("closed"),
    end: (graceMs) => close("closed", graceMs),
    isOpen: () => ending === null,
    fault() {
      const words = plainText(stderr.text()).trim();
      return [reason, words && `its last words: ${words}`].filter((part) => part !== "").join("; ");
    },
  };
  return transport;
}

/** Notices the end of the program, or of its output, after which nothing can come any more. */
function watch(
  program: Program,
  streams: readonly { done: Promise<void>; cancel(): void }[],
  onEnd: (why: string) => void,
): void {
  const [output] = streams;
  output?.done.then(() => Promise.race([program.exited, pause(lastOutputMs)])).then((code) =>
    onEnd(typeof code === "number" ? `it ended with exit code ${code}` : "it closed its output")
  );
  program.exited.then(async (code) => {
    await Promise.race([output?.done, pause(lastOutputMs)]);
    onEnd(`it ended with exit code ${code}`);
    for (const { cancel } of streams) cancel();
  });
}

function readMessages(
  { parse }: StdioOptions,
  { onMessage, onFault }: { onMessage(message: JSONRPCMessage): void; onFault(why: string): void },
): (bytes: Uint8Array) => void {
  const lines = splitLines(messageBytesMax);
  let stray = 0;
  let isBroken = false;
  const readLine = (line: string) => {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = parse(JSON.parse(line));
    } catch {
      if (++stray > strayLinesMax) throw new Error(`more than ${strayLinesMax} lines are no messages`);
      return;
    }
    onMessage(message);
  };
  return (bytes) => {
    if (isBroken) return;
    try {
      lines.push(bytes).forEach(readLine);
    } catch (thrown) {
      isBroken = true;
      onFault(`what it writes is not the protocol, ${messageOf(thrown)}`);
    }
  };
}

async function endProgram(program: Program | null, graceMs?: number): Promise<void> {
  program?.closeInput();
  await program?.end(graceMs === undefined ? {} : { graceMs }).catch(() => {});
}
