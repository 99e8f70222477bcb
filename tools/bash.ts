// Bash: runs a shell command in the workspace. It starts only after its identity is logged, outlives this process if
// that dies, is found again after a restart, and is never run twice.
import { z } from "zod";
import type { JsonValue } from "../src/protocol/json.ts";
import { defineTool } from "./define_tool.ts";
import { backgroundMaxMs } from "./background.ts";
import { prepareInBackground, recoverInBackground } from "./bash_background.ts";
import { runOnWindows } from "./bash_windows.ts";
import { refusalOf } from "./command_blocking.ts";
import { type CommandEvidence, readEvidence } from "./command_evidence.ts";
import { commandFiles, readOutput, readStatus } from "./command_files.ts";
import { cancelledAtGate, lostCommand, startAtGate } from "./command_start.ts";
import { watchCommand } from "./command_watch.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { endGroup, isLeaderAlive, isThisBoot } from "./process_group.ts";
import { withSandboxHint } from "./sandbox/hint.ts";
import { visible } from "./visible.ts";

export const commandCharsMax = 30_000;
export const timeoutDefaultMs = 120_000;
export const timeoutMaxMs = 600_000;
/** The tool's own limit comes after the command's: it only guards against a fault in the watching. */
const watchMarginMs = 15_000;
/** Output, the note on a cut, and notes on background processes. */
const outputCharsMax = 32_000;

const isWindows = Deno.build.os === "windows";

const parameters = z.strictObject({
  command: z.string().min(1).max(commandCharsMax).refine(
    (text) => !text.includes("\0"),
    "it holds a NUL character",
  )
    .describe(`The command, run by ${isWindows ? "PowerShell" : "bash"} in the workspace`),
  timeout_ms: z.number().int().min(100).max(backgroundMaxMs).optional().describe(
    `The command is ended after this time, by default ${timeoutDefaultMs} (at most ${timeoutMaxMs}), in the background ${backgroundMaxMs}`,
  ),
  description: z.string().max(500).optional().describe(
    "What the command does, in a few words; with outside_sandbox also why. It is shown to the person who is asked",
  ),
  run_in_background: z.boolean().optional().describe(
    "Let the command go on while the conversation does: for servers, watchers and long builds",
  ),
  outside_sandbox: z.boolean().optional().describe(
    "Run the command without the sandbox. Only when the sandbox is in the way (network, other folders, daemons): a person is asked",
  ),
}).refine((args) => args.run_in_background || (args.timeout_ms ?? 0) <= timeoutMaxMs, {
  path: ["timeout_ms"],
  message: `expected at most ${timeoutMaxMs} for a command that is not run in the background`,
});
type Args = z.infer<typeof parameters>;

export const bashTool = defineTool({
  name: "Bash",
  description: `Runs a shell command${
    isWindows ? " in PowerShell, not in bash," : ""
  } in the workspace and returns its output and exit code. No input can be typed, so give programs everything as options; when the command ends, its background processes are ended too. What does not end by itself (servers, watchers, tail -f) or takes long is run with run_in_background: the call returns an id at once, you are told when the command ends, BashOutput reads its output and KillShell ends it.`,
  parameters,
  effect: "unsafe",
  requires_confirmation: true,
  limits: { timeoutMs: timeoutMaxMs + watchMarginMs, outputCharsMax },
  prompt: (args) => [visible(args.command), ...notes(args).map((note) => `[${note}]`)].join("\n"),
  grant: (args) => `Bash(${args.command})${args.outside_sandbox ? " outside the sandbox" : ""}`,
  subjects: (args) => [{
    kind: "command",
    command: args.command,
    outsideSandbox: args.outside_sandbox ?? false,
  }],
  refuse: blockingRefusal,
  prepare: prepareCommand,
  recover: recoverCommand,
});

function notes(args: Args): string[] {
  return [
    ...(args.run_in_background ? ["in the background"] : []),
    ...(args.outside_sandbox ? ["outside the sandbox"] : []),
    ...(args.description?.trim() ? [`the model says: ${quoted(args.description)}`] : []),
  ];
}

/** Its words must not look like another note. */
function quoted(text: string): string {
  return visible(JSON.stringify(text.replace(/\s+/g, " ").trim()));
}

async function prepareCommand(args: Args, context: ToolContext): Promise<PreparedCall | ToolOutcome> {
  if (isWindows) return prepareOnWindows(args, context);
  const error = blockingRefusal(args);
  if (error !== null) return { status: "failed", error };
  if (args.run_in_background) return await prepareInBackground(args, context);
  const confined = isConfined(args, context);
  const { gate, evidence, release } = await startAtGate({ command: args.command, context, confined });
  return { evidence, run, abandon: () => gate.close() };

  async function run(): Promise<ToolOutcome> {
    if (context.signal.aborted) {
      await gate.close();
      return cancelledAtGate;
    }
    try {
      await gate.open();
      const outcome = await watchEvidence(args, { ...evidence, started_at: Date.now() }, {
        endedUnseen: false,
        context,
      });
      return confined ? withSandboxHint(outcome) : outcome;
    } finally {
      await release();
    }
  }
}

/** Where a sandbox is given the command runs in it, unless the call says otherwise, which was decided before. */
function isConfined(args: Args, context: ToolContext): boolean {
  return context.sandbox !== null && !args.outside_sandbox;
}

/** Commands that would wait for a person, or for ever. */
function blockingRefusal(args: Args): string | null {
  if (isWindows) return null;
  return refusalOf(args.command, {
    inBackground: args.run_in_background ?? false,
    timeoutMs: args.timeout_ms ?? timeoutDefaultMs,
    isTimeoutGiven: args.timeout_ms !== undefined,
  });
}

function prepareOnWindows(args: Args, context: ToolContext): PreparedCall | ToolOutcome {
  if (args.run_in_background) {
    const error =
      "Cannot run the command in the background: this is not possible on Windows yet, run it without run_in_background";
    return { status: "failed", error };
  }
  const timeoutMs = args.timeout_ms ?? timeoutDefaultMs;
  return {
    evidence: null,
    run: () => runOnWindows(args.command, timeoutMs, context),
    abandon: () => Promise.resolve(),
  };
}

/** Finds the command of an earlier run of this program: done, still running (then waits for it), or lost. */
async function recoverCommand(args: Args, logged: JsonValue, context: ToolContext): Promise<ToolOutcome> {
  if (args.run_in_background) return await recoverInBackground(args, logged, context);
  const evidence = readEvidence(logged);
  if (evidence === null) return { status: "interrupted", reason: lostCommand };
  const isAlive = await isThisBoot(evidence) && await isLeaderAlive(evidence);
  const isDone = await readStatus(commandFiles(evidence.dir)) !== null;
  if (isDone || isAlive) return await watchEvidence(args, evidence, { endedUnseen: !isAlive, context });
  await endGroup(evidence, { mayLeave: false, onlyMarked: true });
  const { text } = await readOutput(commandFiles(evidence.dir));
  return { status: "interrupted", reason: lostCommand, output: text };
}

function watchEvidence(
  args: Args,
  evidence: CommandEvidence,
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
