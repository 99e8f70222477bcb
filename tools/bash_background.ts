// Bash with `run_in_background`: the call ends as soon as the command is let through; the kernel watches what it left.
import type { JsonValue } from "../src/protocol/json.ts";
import { backgroundMaxMs, guardLimits } from "./background.ts";
import { type CommandEvidence, readEvidence } from "./command_evidence.ts";
import { commandFiles, readOutput, readStatus } from "./command_files.ts";
import { cancelledAtGate, lostCommand, startAtGate } from "./command_start.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { endGroup, isLeaderAlive, isThisBoot } from "./process_group.ts";

const leaderPollMs = 500;

export interface BackgroundArgs {
  command: string;
  description?: string | undefined;
  timeout_ms?: number | undefined;
  outside_sandbox?: boolean | undefined;
}

export async function prepareInBackground(args: BackgroundArgs, context: ToolContext): Promise<PreparedCall> {
  const limitMs = args.timeout_ms ?? backgroundMaxMs;
  const { gate, evidence, release } = await startAtGate({
    command: args.command,
    context,
    confined: context.sandbox !== null && !args.outside_sandbox,
    background: { limitMs, guard: guardLimits(limitMs) },
  });
  return { evidence, run, abandon: () => gate.close() };

  async function run(): Promise<ToolOutcome> {
    if (context.signal.aborted) {
      await gate.close();
      return cancelledAtGate;
    }
    await gate.open();
    void releaseWhenGone(evidence, release);
    return startedOutcome(args, evidence, context);
  }
}

/** What was made for the command stays as long as its leader runs; after a crash, what is left is found and taken back. */
async function releaseWhenGone(evidence: CommandEvidence, release: () => Promise<void>): Promise<void> {
  const looksMax = backgroundMaxMs / leaderPollMs * 2;
  for (let look = 0; look < looksMax && await isLeaderAlive(evidence).catch(() => false); look++) {
    await new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, leaderPollMs)));
  }
  await release().catch(() => {});
}

/** A command that was let through is handed to the kernel, whatever became of it; otherwise it never ran. */
export async function recoverInBackground(
  args: BackgroundArgs,
  logged: JsonValue,
  context: ToolContext,
): Promise<ToolOutcome> {
  const evidence = readEvidence(logged);
  if (evidence === null) return { status: "interrupted", reason: lostCommand };
  const hasEnded = await readStatus(commandFiles(evidence.dir)) !== null;
  const isAlive = await isThisBoot(evidence) && await isLeaderAlive(evidence);
  if (hasEnded || isAlive) return startedOutcome(args, evidence, context);
  await endGroup(evidence, { mayLeave: false, onlyMarked: true });
  const { text } = await readOutput(commandFiles(evidence.dir));
  return { status: "interrupted", reason: lostCommand, output: text };
}

/** `c12-1` gives `b12-1`; calls made by hand have ids of other forms. */
export function backgroundIdOf(callId: string): string {
  return /^c\d+-\d+$/.test(callId) ? `b${callId.slice(1)}` : `b-${callId}`;
}

function startedOutcome(args: BackgroundArgs, evidence: CommandEvidence, context: ToolContext): ToolOutcome {
  const background_id = backgroundIdOf(context.session.callId);
  const { command, description } = args;
  return {
    status: "finished",
    output:
      `Started in the background as "${background_id}". You are told when it ends; BashOutput shows what it has written so far, KillShell ends it`,
    truncated: false,
    facts: [{
      type: "background.started",
      data: {
        background_id,
        call_id: context.session.callId,
        command,
        ...(description !== undefined && { description }),
        evidence: { ...evidence },
      },
    }],
  };
}
