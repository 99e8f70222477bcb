// Brings a shell to its gate for a call of Bash, with the evidence that is to be logged before it is let through.
import type { CommandEvidence } from "./command_evidence.ts";
import { type CommandGate, standAtGate } from "./command_gate.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { commandEnvironment } from "./environment.ts";

export interface CommandStart {
  command: string;
  context: ToolContext;
  /** For a command in the background: after this time it is ended, also when no runtime watches. */
  background?: { limitMs: number; guard: { seconds: number; outputBytesMax: number } };
}

export async function startAtGate(
  { command, context, background }: CommandStart,
): Promise<{ gate: CommandGate; evidence: CommandEvidence }> {
  const dir = await context.effectDir();
  const gate = await standAtGate({
    command,
    cwd: context.workspace,
    dir,
    environment: commandEnvironment(Deno.env.toObject()),
    marker: `JAMEY_CALL=${crypto.randomUUID()}`,
    ...(background && { guard: background.guard }),
  });
  const started_at = Date.now();
  const deadline = background && { deadline: started_at + background.limitMs };
  return { gate, evidence: { ...gate.group, dir, started_at, ...deadline } };
}

export const cancelledAtGate: ToolOutcome = { status: "interrupted", reason: "cancelled before it started" };
export const lostCommand =
  "the runtime stopped while the command ran: it may or may not have completed, and is not run again";
