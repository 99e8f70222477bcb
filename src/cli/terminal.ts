// The terminal as the commands see it: data to stdout, talk to stderr, colours when wanted, and a quiet end when the
// reader of stdout has gone (`jamey sessions | head`).
import pc from "picocolors";
import { neutralJson } from "./neutral.ts";

export type Colours = ReturnType<typeof pc.createColors>;

export interface Terminal {
  /** Data, as it is; throws PipeClosed when nobody reads any more. */
  write(text: string): void;
  /** Data, one line. */
  line(text: string): void;
  /** Data, one JSON value on one line. */
  json(value: unknown): void;
  /** Progress and hints on stderr; nothing with --quiet. */
  talk(text: string): void;
  /** Errors and warnings on stderr; also with --quiet. */
  warn(text: string): void;
  /** Colours for stdout, and for stderr. */
  colours: Colours;
  talkColours: Colours;
  outIsTerminal: boolean;
  inIsTerminal: boolean;
  columns: number;
}

/** Thrown when stdout was closed by its reader: the program has done what was wanted of it. */
export class PipeClosed extends Error {
  override readonly name = "PipeClosed";
}

const columnsDefault = 100;
const fullPipeWaitMs = 5;

/** The process's own terminal. */
export function openTerminal({ quiet }: { quiet: boolean }): Terminal {
  const outIsTerminal = Deno.stdout.isTerminal();
  const wanted = (isTerminal: boolean) =>
    isTerminal && !Deno.env.get("NO_COLOR") && Deno.env.get("TERM") !== "dumb";
  const write = (text: string) => writeAll(Deno.stdout, text);
  const warn = (text: string) => {
    try {
      writeAll(Deno.stderr, text + "\n");
    } catch (thrown) {
      // Nobody listens to the talk any more; the data may still be wanted.
      if (!(thrown instanceof PipeClosed)) throw thrown;
    }
  };
  return {
    write,
    line: (text) => write(text + "\n"),
    json: (value) => write(neutralJson(value) + "\n"),
    talk: (text) => {
      if (!quiet) warn(text);
    },
    warn,
    colours: pc.createColors(wanted(outIsTerminal)),
    talkColours: pc.createColors(wanted(Deno.stderr.isTerminal())),
    outIsTerminal,
    inIsTerminal: Deno.stdin.isTerminal(),
    columns: outIsTerminal ? columnsOf() : columnsDefault,
  };
}

/** Synchronous, so that order is kept and a slow reader slows us instead of filling our memory. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (thrown) {
      if (thrown instanceof Deno.errors.BrokenPipe) throw new PipeClosed();
      // A terminal shared with another program may be non-blocking: it is full for a moment.
      if (!(thrown instanceof Deno.errors.WouldBlock)) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipeWaitMs);
    }
  }
}

function columnsOf(): number {
  try {
    return Math.max(40, Deno.consoleSize().columns);
  } catch {
    return columnsDefault;
  }
}
