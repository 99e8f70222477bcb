// Tells a command that would only wait - for a person, or for ever - before it runs, so that the model hears at once
// what to do instead. Never on doubt: a refusal of something that works is worse than a time limit.
import { endlessReason } from "./command_endless.ts";
import { interactiveReason } from "./command_interactive.ts";
import { type Program, programsOf } from "./command_program.ts";
import { unknown } from "./command_lexer.ts";

export interface RunMode {
  inBackground: boolean;
  timeoutMs: number;
  /** Whoever sets a time limit knows that the command may be ended by it. */
  isTimeoutGiven: boolean;
}

const shownCharsMax = 80;

/** Why the command is not run, with a hint; null when it may run. */
export function refusalOf(source: string, mode: RunMode): string | null {
  for (const program of programsOf(source)) {
    const reason = interactiveReason(program) ?? foreverReason(program, mode);
    if (reason !== null) return `Cannot run "${shown(program)}": ${reason}`;
  }
  return null;
}

function foreverReason(program: Program, mode: RunMode): string | null {
  const mayGoOn = mode.inBackground || program.isBackground || program.isPipedOn;
  if (mayGoOn || (mode.isTimeoutGiven && program.name !== "sleep")) return null;
  return endlessReason(program, mode.timeoutMs);
}

function shown({ words }: Program): string {
  const text = words.join(" ").replaceAll(unknown, "...").replace(/\s+/g, " ");
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}...` : text;
}
