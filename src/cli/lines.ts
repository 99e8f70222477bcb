// Lines that a person types, or that come through a pipe, one at a time.
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import process from "node:process";

export interface Lines {
  /** The next line; undefined at the end of the input. */
  next(): Promise<string | undefined>;
  /** Shows the prompt again (on a terminal). */
  prompt(text: string): void;
  /** Takes the prompt off the terminal, to make place for output; what was typed comes back with the next prompt. */
  hide(): void;
  isPrompting(): boolean;
  /** Resolves to true when no line will come any more, to false when one waits. */
  isOver(): Promise<boolean>;
  /** Called for Ctrl-C while the terminal is being read. */
  onInterrupt(handler: () => void): void;
  /** Called for Shift+Tab at a terminal. */
  onShiftTab(handler: () => void): void;
  /** Called for Esc alone at a terminal: not for the keys whose codes begin with it. */
  onEscape(handler: () => void): void;
  close(): void;
}

interface Key {
  name?: string;
  shift?: boolean;
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
  let prompting = false;
  /** How far down the cursor was in what was hidden: from there the reader goes up before it draws again. */
  let rowsHidden = 0;
  let wake = () => {};

  reader.on("line", (line) => {
    waiting.push(line);
    prompting = false;
    if (waiting.length >= waitingLinesMax) reader.pause();
    wake();
  });
  reader.on("close", () => {
    closed = true;
    prompting = false;
    wake();
  });
  async function isOver(): Promise<boolean> {
    while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => wake = resolve);
    return waiting.length === 0;
  }

  function onKey(isMeant: (key: Key) => boolean, handler: () => void): void {
    if (!isTerminal) return;
    process.stdin.on("keypress", (_text: unknown, key: Key | undefined) => {
      if (!closed && key !== undefined && isMeant(key)) handler();
    });
  }

  return {
    async next() {
      if (await isOver()) return undefined;
      const line = waiting.shift();
      if (!closed && waiting.length < waitingLinesMax) reader.resume();
      return line;
    },
    prompt(text) {
      if (!isTerminal || closed) return;
      process.stderr.write("\n".repeat(rowsHidden));
      rowsHidden = 0;
      reader.setPrompt(text);
      reader.prompt(true);
      prompting = true;
    },
    hide() {
      if (!prompting) return;
      prompting = false;
      rowsHidden = reader.getCursorPos().rows;
      moveCursor(process.stderr, 0, -rowsHidden);
      cursorTo(process.stderr, 0);
      clearScreenDown(process.stderr);
    },
    isPrompting: () => prompting,
    isOver,
    onInterrupt: (handler) => void reader.on("SIGINT", handler),
    onShiftTab: (handler) => onKey(({ name, shift }) => name === "tab" && shift === true, handler),
    onEscape: (handler) => onKey(({ name }) => name === "escape", handler),
    close: () => reader.close(),
  };
}
