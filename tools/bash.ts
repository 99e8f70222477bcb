// Bash: runs a shell command in the workspace. It starts only after its identity is logged, outlives this process if
// that dies, is found again after a restart, and is never run twice.
import { z } from "zod";
import type { JsonValue } from "../src/protocol/json.ts";
import { defineTool } from "./define_tool.ts";
import { runOnWindows } from "./bash_windows.ts";
import { standAtGate } from "./command_gate.ts";
import { commandFiles, readOutput, readStatus } from "./command_files.ts";
import { watchCommand } from "./command_watch.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { cleanEnvironment } from "./environment.ts";
import { endGroup, groupIdentity, isLeaderAlive, isThisBoot } from "./process_group.ts";
import { visible } from "./visible.ts";

export const commandCharsMax = 30_000;
export const timeoutDefaultMs = 120_000;
export const timeoutMaxMs = 600_000;
/** The tool's own limit comes after the command's: it only guards against a fault in the watching. */
const watchMarginMs = 15_000;
/** Output, the note on a cut, and notes on background processes. */
const outputCharsMax = 32_000;

const parameters = z.strictObject({
  command: z.string().min(1).max(commandCharsMax).refine(
    (text) => !text.includes("\0"),
    "it holds a NUL character",
  )
    .describe("The command, run by bash in the workspace"),
  timeout_ms: z.number().int().min(100).max(timeoutMaxMs).optional().describe(
    `The command is ended after this time, by default ${timeoutDefaultMs}`,
  ),
  description: z.string().max(500).optional().describe("What the command does, in a few words"),
});
type Args = z.infer<typeof parameters>;

/** What is logged before the command runs. `started_at` is in milliseconds since 1970. */
const evidenceSchema = groupIdentity.extend({ dir: z.string(), started_at: z.number() });
type Evidence = z.infer<typeof evidenceSchema>;

export const bashTool = defineTool({
  name: "Bash",
  description:
    "Runs a shell command in the workspace and returns its output and exit code. No input can be typed; when the command ends, its background processes are ended too.",
  parameters,
  effect: "unsafe",
  requires_confirmation: true,
  limits: { timeoutMs: timeoutMaxMs + watchMarginMs, outputCharsMax },
  prompt: (args) => visible(args.command),
  grant: (args) => `Bash(${args.command})`,
  prepare: prepareCommand,
  recover: recoverCommand,
});

async function prepareCommand(args: Args, context: ToolContext): Promise<PreparedCall> {
  if (Deno.build.os === "windows") {
    const limit = { timeoutMs: args.timeout_ms ?? timeoutDefaultMs, charsMax: outputCharsMax };
    return {
      evidence: null,
      run: () => runOnWindows(args.command, limit, context),
      abandon: () => Promise.resolve(),
    };
  }
  const dir = await context.effectDir();
  const gate = await standAtGate({
    command: args.command,
    cwd: context.workspace,
    dir,
    environment: cleanEnvironment(Deno.env.toObject()),
    marker: `JAMEY_CALL=${crypto.randomUUID()}`,
  });
  const evidence: Evidence = { ...gate.group, dir, started_at: Date.now() };
  return { evidence, run: () => runCommand(), abandon: () => gate.close() };

  async function runCommand(): Promise<ToolOutcome> {
    if (context.signal.aborted) {
      await gate.close();
      return { status: "interrupted", reason: "cancelled before it started" };
    }
    await gate.open();
    return await watchEvidence(args, { ...evidence, started_at: Date.now() }, {
      endedUnseen: false,
      context,
    });
  }
}

/** Finds the command of an earlier run of this program: done, still running (then waits for it), or lost. */
async function recoverCommand(args: Args, logged: JsonValue, context: ToolContext): Promise<ToolOutcome> {
  const parsed = evidenceSchema.safeParse(logged);
  if (!parsed.success) return { status: "interrupted", reason: lost };
  const evidence = parsed.data;
  const isAlive = await isThisBoot(evidence) && await isLeaderAlive(evidence);
  const isDone = await readStatus(commandFiles(evidence.dir)) !== null;
  if (isDone || isAlive) return await watchEvidence(args, evidence, { endedUnseen: !isAlive, context });
  await endGroup(evidence, { mayLeave: false, onlyMarked: true });
  const { text } = await readOutput(commandFiles(evidence.dir));
  return { status: "interrupted", reason: lost, output: text };
}

const lost =
  "the runtime stopped while the command ran: it may or may not have completed, and is not run again";

function watchEvidence(
  args: Args,
  evidence: Evidence,
  { endedUnseen, context }: { endedUnseen: boolean; context: ToolContext },
): Promise<ToolOutcome> {
  const timeoutMs = args.timeout_ms ?? timeoutDefaultMs;
  return watchCommand({
    group: evidence,
    dir: evidence.dir,
    deadline: evidence.started_at + timeoutMs,
    timeoutMs,
    endedUnseen,
    signal: context.signal,
    onOutput: (text) => context.onOutput(text),
  });
}
