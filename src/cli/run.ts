// `jamey run`: one turn without a person. The last word is always a result, whatever happens.
import type { Client } from "../client/client.ts";
import { follow } from "../client/follow.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { planTool } from "./approvals.ts";
import { sayAwaiting, sayRuleProblems } from "./awaiting_trust.ts";
import type { Command, Context, Input } from "./command.ts";
import { shortLine } from "./neutral.ts";
import { sessionOptions } from "./new.ts";
import { createPending, type Pending, type PendingList } from "./pending.ts";
import { refuse } from "./pending_answer.ts";
import { createRunFold, exitOf } from "./run_outcome.ts";
import { openRunOutput, outputFormat, type RunOutput } from "./run_output.ts";
import { imagePaths, readImages, sayBlind } from "./images.ts";
import { modeBadge } from "./mode_text.ts";
import { readPrompt } from "./run_prompt.ts";
import { ruleOptions } from "./run_rules.ts";
import { chooseSession, type RunSession } from "./run_session.ts";
import type { Signal } from "./signals.ts";
import { PipeClosed } from "./terminal.ts";

const stepsMax = 10_000;
const cancelWaitMs = 10_000;
const nobodyForPlan = "the plan is the result of this run and nobody is here to accept it: end your turn now";
const nobodyToAsk = "nobody to ask (jamey run)";
const reasonCharsMax = 500;

export const runCommand: Command = {
  usage: "run [...prompt]",
  summary:
    "Do one turn without a person and print the answer; what would ask is denied (also: jamey -p PROMPT)",
  options: [
    ["-p, --prompt [text]", "The prompt; without it the words, or what is piped in"],
    ["--print", "The same as run, for users of similar programs"],
    ["--output-format <format>", `${outputFormat.options.join(", ")} (default: text)`],
    ["--max-turns <count>", "End the turn after so many model calls, with exit code 53"],
    ["--image <file>", "A picture that goes with the prompt; several with commas"],
    ...sessionOptions,
    ...ruleOptions,
    ["--append-system-prompt <text>", "Instructions that the new session keeps"],
    ["-c, --continue", "Go on with the last session of this folder"],
    ["-r, --resume <session>", "Go on with this session"],
    ["--fork-session", "With -c or -r: work in a fork and leave the session as it is"],
  ],
  examples: [
    'jamey run "What does this project do?"',
    'git diff | jamey run "Review this change" --output-format json | jq -r .result',
    'jamey run -c "And now the tests" --max-turns 20',
  ],
  async run(context, input) {
    const started = performance.now();
    const run: Run = { fold: createRunFold(), sessionId: null, why: {}, stop: new AbortController() };
    const output = openRunOutput(context, formatOf(context, input));
    const release = context.signals.handle((signal) => interrupt(run, signal));
    try {
      await Promise.race([perform(context, input, { run, output }), aborted(run.stop.signal)]);
    } catch (thrown) {
      if (thrown instanceof PipeClosed) throw thrown;
      if (run.why.signal === undefined) run.why.problem = asProblem(thrown);
    }
    release();
    const result = run.fold.result(run.sessionId, Math.round(performance.now() - started), run.why);
    output.result(result);
    return exitOf(result, run.why);
  },
};

interface Run {
  fold: ReturnType<typeof createRunFold>;
  sessionId: string | null;
  why: { signal?: Signal; problem?: Problem };
  /** Ends the following, at the latest some time after a signal. */
  stop: AbortController;
  /** Stops the turn on the daemon. */
  cancel?: () => Promise<unknown>;
}

async function perform(context: Context, input: Input, { run, output }: Desk) {
  const steps = input.number("maxTurns", { min: 1, max: stepsMax });
  const message = await readPrompt(input, context.terminal.inIsTerminal);
  const images = await readImages(imagePaths(input.text("image")));
  const client = await context.clientOrStart();
  const session = await chooseSession(client, input);
  run.sessionId = session.sessionId;
  const { state } = await client.view(session.sessionId);
  if (run.why.signal !== undefined) return;
  run.fold.begin(state.summary.permission_mode);
  output.init(state.summary);
  const badge = modeBadge(state.summary.permission_mode, context.terminal.talkColours);
  if (badge !== undefined) context.terminal.talk(badge);
  await sayRuleProblems({ terminal: context.terminal, client }, state.summary.workspace);
  await sayAwaiting({ terminal: context.terminal, client }, state.summary.workspace);
  if (images.length > 0) await sayBlind({ terminal: context.terminal, client }, state.summary);
  run.cancel = () => client.cancel(session.sessionId);
  const { seq } = await client.send(session.sessionId, {
    message,
    ...(steps === undefined ? {} : { max_steps: steps }),
    ...(images.length === 0 ? {} : { images }),
  });
  run.fold.startAt(seq);
  // A signal that came while the message was on its way.
  if (run.why.signal !== undefined) await run.cancel();
  await followTurn(client, session, { run, output, pending: createPending(state) });
}

async function followTurn(
  client: Client,
  { sessionId, head }: RunSession,
  { run, output, pending }: Desk & { pending: PendingList },
): Promise<void> {
  let live = false;
  const options = { after: head, deltas: output.wantsDeltas, signal: run.stop.signal };
  for await (const frame of follow(client, sessionId, options)) {
    if (frame.type === "delta") output.delta(frame);
    if (frame.type === "notice") output.notice(frame);
    if (frame.type === "synced") live = true;
    if (frame.type === "event") {
      run.fold.fact(frame.event);
      pending.fact(frame.event);
      output.event(frame.event);
    }
    if (run.fold.end() !== undefined) return;
    if (live) await refuseAll(client, sessionId, pending, run);
  }
}

interface Desk {
  run: Run;
  output: RunOutput;
}

/** So that a signal also ends the wait for a prompt or for a daemon that starts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** Nobody is here: a question must not leave the turn waiting for ever. */
async function refuseAll(client: Client, session: string, pending: PendingList, run: Run) {
  for (const waiting of pending.all()) {
    pending.answered(waiting.key);
    const first = await refuse(client, session, waiting, refusalOf(waiting));
    if (first && waiting.kind === "approval") {
      run.fold.denied({ call_id: waiting.approval.call_id, name: waiting.approval.name });
    }
  }
}

/** What asked and what helps: where no rule could allow the call, none is advised. */
function refusalOf(waiting: Pending): string {
  if (waiting.kind !== "approval") return nobodyToAsk;
  const { name, reason, rule } = waiting.approval;
  if (name === planTool) return nobodyForPlan;
  const why = reason === undefined ? "" : `${shortLine(reason, reasonCharsMax)}; `;
  return `${nobodyToAsk}: ${why}${
    rule === undefined ? "" : "allow it with --allowed-tools, or "
  }use jamey chat`;
}

/** The first signal stops the turn and waits for its end; the second one does not wait. */
function interrupt(run: Run, signal: Signal): void {
  if (run.why.signal !== undefined || run.cancel === undefined) run.stop.abort();
  run.why.signal ??= signal;
  run.cancel?.().catch(() => run.stop.abort());
  setTimeout(() => run.stop.abort(), cancelWaitMs);
}

function formatOf(context: Context, input: Input) {
  const given = input.text("outputFormat") ?? (context.json ? "json" : "text");
  const parsed = outputFormat.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem(
    "usage",
    `Cannot run "jamey run": "--output-format" is "${given}", expected one of ${
      outputFormat.options.join(", ")
    }`,
  );
}

function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem("internal", messageOf(thrown), { cause: thrown });
}
