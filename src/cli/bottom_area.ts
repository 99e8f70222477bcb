// Lines that stay at the bottom of a terminal while others scroll above them; below them a person may type.
import type { Lines } from "./lines.ts";
import type { Terminal } from "./terminal.ts";

export interface BottomArea {
  /** The terminal whose output comes above the area. */
  readonly above: Terminal;
  /** Shows these lines instead. */
  set(lines: readonly string[]): void;
  /** A line was typed below: it goes with the next drawing. */
  typed(): void;
  /** Takes the area away for good. */
  close(): void;
}

/** Too wide lines are cut, not wrapped: so many lines are so many rows. */
const [wrapOff, wrapOn] = ["\x1b[?7l", "\x1b[?7h"];
const clearDown = "\x1b[J";

export function openBottomArea(
  terminal: Terminal,
  lines: Lines | undefined,
  prompt: () => string = () => "> ",
): BottomArea {
  let shown: readonly string[] = [];
  /** How far up the area begins. */
  let rows = 0;

  function erase(): void {
    lines?.hide();
    if (rows > 0) terminal.write(`\x1b[${rows}A\r${clearDown}`);
    rows = 0;
  }
  function draw(): void {
    if (shown.length === 0) return;
    terminal.write(`${wrapOff}${shown.join("\n")}\n${wrapOn}`);
    rows = shown.length;
    lines?.prompt(prompt());
  }
  const aside = <Value>(put: (value: Value) => void) => (value: Value) => {
    erase();
    put(value);
    draw();
  };
  return {
    above: {
      ...terminal,
      write: aside(terminal.write),
      line: aside(terminal.line),
      json: aside(terminal.json),
      talk: aside(terminal.talk),
      warn: aside(terminal.warn),
    },
    set(next) {
      if (next.join("\n") === shown.join("\n")) return;
      erase();
      shown = next;
      draw();
    },
    typed() {
      rows += 1;
    },
    close() {
      erase();
      if (shown.length > 0) terminal.write(`${shown.join("\n")}\n`);
      shown = [];
    },
  };
}
