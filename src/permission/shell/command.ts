// What is known of a shell command once it has been read: the words that rules and the guard judge. Types only.

export interface AnalysedCommand {
  /** Program and arguments with quotes resolved; null where a word is not certain. Empty: the text was not read. */
  words: readonly (string | null)[];
  /** Words joined by single spaces; null when a word is null. */
  text: string | null;
  /** Why a wildcard allow rule must not cover it, in words; null when it is plain. */
  doubt: string | null;
  /** The words once more, with a hole of marks.ts in place of what is not known. */
  shapes: readonly string[];
  /** It is what a variable is set to: nothing runs it, unless some program takes that variable for a command. */
  isValue?: true;
  /**
   * All that it may run, itself the first: kept by the first rule that asks. It is here because a weak map of short-lived
   * keys makes each collection of young objects long.
   */
  runs?: readonly Run[];
}

/** A program and what follows it, somewhere among these words. */
export interface Run {
  program: ProgramShape;
  words: readonly string[];
  from: number;
  to: number;
}

export interface ProgramShape {
  name: string;
  known: "all" | "some" | "nothing";
}

export interface Analysis {
  /** Every simple command that would or might run: lists, substitutions, functions, inside wrappers and texts. */
  commands: readonly AnalysedCommand[];
  /** Why nothing may be allowed without asking; null when every command can be judged by itself. */
  doubt: string | null;
  /** Where redirections write to, as shapes. */
  writes: readonly string[];
  /** What destroys and is no single command, in words. */
  alarm: string | null;
}
