// Commands against rules: an allowance must cover every part and be sure of it, a refusal needs one part that may be meant.
import type { CommandSubject } from "./layer.ts";
import type { AnalysedCommand } from "./shell/command.ts";
import { matchesForAllow, mayMatchForDeny } from "./shell/match.ts";
import { isOpen, patternOf } from "./shell/pattern.ts";

/** What stands in the brackets of a rule about commands; null: every command. */
type Specifier = string | null;

/** Whether these rules together allow the whole command. */
export function isAllowed(specifiers: readonly Specifier[], subject: CommandSubject): boolean {
  if (specifiers.some((specifier) => allowsWhole(specifier, subject))) return true;
  const { commands, doubt } = subject.analysis;
  return doubt === null && commands.length > 0 &&
    commands.every((command) => specifiers.some((specifier) => allowsPart(specifier, command)));
}

/** Every command, or exactly this text: then it does not matter how well it can be read. */
export function allowsWhole(specifier: Specifier, { command }: CommandSubject): boolean {
  return specifier === null || (specifier === command.trim() && !isOpen(patternOf(specifier)));
}

export function allowsPart(specifier: Specifier, command: AnalysedCommand): boolean {
  return specifier === null || matchesForAllow(specifier, command);
}

/** Whether a refusal is meant by any part of the command, wherever it stands. */
export function isMeant(specifier: Specifier, { command, analysis }: CommandSubject): boolean {
  if (specifier === null || specifier === command.trim()) return true;
  for (const part of analysis.commands) if (mayMatchForDeny(specifier, part)) return true;
  return false;
}

/** The program that the rule is about is named in a text of which nothing can be read. */
export function isMentioned(specifier: Specifier, { command, analysis }: CommandSubject): boolean {
  if (specifier === null || analysis.commands.length > 0) return false;
  const program = /^[^\s:*]+/.exec(specifier)?.[0];
  if (program === undefined) return true;
  const name = program.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${name}(?![\\w-])`, "i").test(command);
}
