// Lines that a person types, or that come through a pipe, one at a time.
import { createInterface, type Interface } from "node:readline";
import process from "node:process";

export interface Lines {
  /** The next line; undefined at the end of the input. */
  next(): Promise<string | undefined>;
  /** Shows the prompt again (on a terminal). */
  prompt(text: string): void;
  /** Called for Ctrl-C while the terminal is being read. */
  onInterrupt(handler: () => void): void;
  close(): void;
}

const waitingLinesMax = 10_000;

/** Reads stdin from now on; close it, or the program does not end. */
export function openLines({ isTerminal }: { isTerminal: boolean }): Lines {
  const reader: Interface = createInterface({
    input: process.stdin,
    // Talk goes to stderr, so that stdout holds data only.
    ...(isTerminal ? { output: process.stderr, terminal: true } : { terminal: false }),
  });
  const waiting: string[] = [];
  let closed = false;
  let wake = () => {};

  reader.on("line", (line) => {
    waiting.push(line);
    if (waiting.length >= waitingLinesMax) reader.pause();
    wake();
  });
  reader.on("close", () => {
    closed = true;
    wake();
  });

  return {
    async next() {
      while (waiting.length === 0) {
        if (closed) return undefined;
        await new Promise<void>((resolve) => wake = resolve);
      }
      const line = waiting.shift();
      if (!closed && waiting.length < waitingLinesMax) reader.resume();
      return line;
    },
    prompt(text) {
      if (!isTerminal || closed) return;
      reader.setPrompt(text);
      reader.prompt(true);
    },
    onInterrupt: (handler) => void reader.on("SIGINT", handler),
    close: () => reader.close(),
  };
}
