// The sandbox: what confines a command, whether it works on this machine, and what a command is started with inside.
import type { SandboxStatus } from "../../src/protocol/work_facts.ts";

export interface SandboxState {
  status: SandboxStatus;
  /** What confines, with its version: `bubblewrap 0.8.0`. */
  kind?: string;
  /** Why it does not work and what to do about it; with `unavailable` and `off`. */
  reason?: string;
}

export interface ConfinePlan {
  sessionId: string;
  /** Absolute, real path in which the command runs and may write. */
  workspace: string;
  /** Further absolute, real folders in which it may write. */
  roots: readonly string[];
}

/** How a confined command is started: `argv` takes the shell and its words after it. */
export interface Confinement {
  argv: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Takes back what was made for this command. Called once, when it has ended. */
  release(): Promise<void>;
}

export interface Sandbox {
  /** As found by trying it out: escapes are attempted at the first question, and again after a start has failed. */
  state(): Promise<SandboxState>;
  /** Throws a Problem `unavailable` when it does not work any more; then nothing was started. */
  confine(plan: ConfinePlan): Promise<Confinement>;
  close(): Promise<void>;
}
