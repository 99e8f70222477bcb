// Brings a shell to its gate for a call of Bash, with the evidence that is to be logged before it is let through.
import type { CommandEvidence } from "./command_evidence.ts";
import { type CommandGate, standAtGate } from "./command_gate.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { commandEnvironment } from "./environment.ts";

export interface CommandStart {
  command: string;
  context: ToolContext;
  /** Whether it runs in the sandbox. */
  confined: boolean;
  /** For a command in the background: after this time it is ended, also when no runtime watches. */
  background?: { limitMs: number; guard: { seconds: number; outputBytesMax: number } };
}

export interface StartedCommand {
  gate: CommandGate;
  evidence: CommandEvidence;
  /** Takes back what was made for the command; called when it has ended. */
  release(): Promise<void>;
}

export async function startAtGate(start: CommandStart): Promise<StartedCommand> {
  const { command, context, background } = start;
  const dir = await context.effectDir();
  const confinement = start.confined ? await confine(context) : null;
  const release = async () => await confinement?.release();
  try {
    const gate = await standAtGate({
      command,
      cwd: context.workspace,
      dir,
      environment: { ...commandEnvironment(Deno.env.toObject()), ...confinement?.environment },
      ...(confinement && { confinedBy: confinement.argv }),
      marker: `JAMEY_CALL=${crypto.randomUUID()}`,
      ...(background && { guard: background.guard }),
    });
    const started_at = Date.now();
    const deadline = background && { deadline: started_at + background.limitMs };
    const close = () => gate.close().finally(release);
    return {
      gate: { ...gate, close },
      evidence: { ...gate.group, dir, started_at, ...deadline },
      release,
    };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function confine({ sandbox, session, workspace, roots }: ToolContext) {
  // Never bare instead: what was decided for the sandbox runs in it, or not at all.
  if (sandbox === null) throw new Error("a command was to be confined, and there is no sandbox");
  return await sandbox.confine({ sessionId: session.sessionId, workspace, roots });
}

export const cancelledAtGate: ToolOutcome = { status: "interrupted", reason: "cancelled before it started" };
export const lostCommand =
  "the runtime stopped while the command ran: it may or may not have completed, and is not run again";
