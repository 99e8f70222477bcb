// A tool call: reviewed, run, and picked up again after a crash. Tells exactly one result.
import type { PendingEffect } from "../machines/effects.ts";
import { stateName } from "../machines/session_state.ts";
import type { CallRecord } from "../machines/call_record.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import type { OutsideView } from "../src/protocol/http.ts";
import type { Tool, ToolCall, ToolOutcome } from "../tools/contract.ts";
import { mcpMark, toolPrefix } from "../tools/mcp/names.ts";
import { metaOf } from "./actor_meta.ts";
import { callDigest, confinementShown } from "./call_digest.ts";
import { cancelledOutcome, tellCutOff, tellOutcome } from "./call_outcome.ts";
import { refusedByRule } from "./judge_call.ts";
import { type Allowed, reviewCall } from "./review_call.ts";
import type { StopReason } from "./effect_runner.ts";
import { runHooks } from "./run_hooks.ts";
import type { KernelTools } from "./kernel_call.ts";
import type { Executor, SessionActor } from "./session_port.ts";
import { createTurns, type Turns } from "./turns.ts";
import { type ContextParts, toolContext } from "./tool_context.ts";
import { hasTool } from "./tool_subset.ts";
import { planFile } from "./tool_session.ts";

export interface ToolParts extends ContextParts {
  /** Every tool there is for sessions in this folder, by name. */
  toolsOf: (workspace: string) => Promise<ReadonlyMap<string, Tool>>;
  /** Which provider and model a text names, `provider` being the session's; throws a Problem when none. */
  modelOf: (text: string, provider: string) => { provider: string; model: string };
  /** Those whose result comes from elsewhere than a tool's own work. */
  kernelTools: KernelTools;
  hooks: Hooks;
  /** What a folder brings along and nobody has approved. */
  awaiting: (workspace: string) => Promise<readonly Pick<OutsideView, "kind" | "name">[]>;
}

interface Run {
  session: SessionActor;
  effect: PendingEffect;
  record: CallRecord;
  tool: Tool;
  call: ToolCall;
  signal: AbortSignal;
  parts: ToolParts;
  turns: Turns;
  /** What the agent has. */
  toolNames: readonly string[];
}

/** For `call.review` and `call.run`: how far a call has come is in the state, not in the kind of effect. */
export function callExecutor(parts: ToolParts): Executor {
  const turns = createTurns();
  return async (session, effect, { signal }) => {
    const callId = String(effect.params.call_id);
    const record = (await session.transcript()).call(callId);
    const open = session.state().calls[callId];
    if (record === undefined || open === undefined) return;
    const state = stateName(open.snapshot);
    // The person's answer is a command, and its result follows from it.
    if (state === "questioning" || state === "answered") return;
    const own = await metaOf(session, record.actor);
    const tools = await ownTools(session, record.actor, await parts.toolsOf(own?.workspace ?? "/"));
    const tool = tools.get(record.name);
    const tell = (outcome: ToolOutcome) => tellOutcome(session, record, outcome);
    if (tool === undefined || (tool.audience === "user" && record.by !== "user")) {
      const waits = record.name.startsWith(mcpMark) && await awaitsApproval({ session, record, parts });
      return await tell(unknownTool(record.name, { tools, waits }));
    }
    const parsed = tool.parse(record.args);
    if (!parsed.ok) return await tell({ status: "failed", error: parsed.error });
    const toolNames = [...tools.values()].filter(({ audience }) => audience === "all").map(({ name }) =>
      name
    );
    const run: Run = { session, effect, record, tool, call: parsed.call, signal, parts, turns, toolNames };
    if (state === "running") return await recover(run);
    const gone = missingWorkspace(own?.workspace ?? "/");
    // The one way out of a worktree that was deleted by hand.
    if (gone !== null && record.name !== "ExitWorktree") return await tell(gone);
    if (state === "approved") return await runApproved(run);
    const { hooks, judge } = parts;
    const allowed = await reviewCall({ ...run, hooks, judge, planFile: await planFile(session, parts) });
    if (allowed !== null) await begin(run, allowed);
  };
}

/** A tool that an agent was not given is none that it can call. */
async function ownTools(
  session: SessionActor,
  actor: string,
  tools: ReadonlyMap<string, Tool>,
): Promise<ReadonlyMap<string, Tool>> {
  if (actor === mainActor) return tools;
  const { crew } = await session.transcript();
  return new Map([...tools].filter(([name]) => hasTool(crew, actor, name)));
}

async function runApproved(run: Run): Promise<void> {
  const { session, record, call, parts } = run;
  const meta = await metaOf(session, record.actor);
  // A refusal that came into force while the call waited.
  const refused = meta === null ? null : await refusedByRule(parts.judge, { ...run, meta });
  if (refused !== null) {
    const error = `Cannot run ${record.name}, although it was approved: ${refused}`;
    return await tellOutcome(session, record, { status: "failed", error });
  }
  const isCommand = call.subjects.some(({ kind }) => kind === "command");
  const shown = isCommand ? confinementShown(record, record.approved) : null;
  if (record.approved !== callDigest(record.name, record.args, shown)) {
    const error = "the approval was given for other arguments";
    return await tellOutcome(session, record, { status: "failed", error });
  }
  // What a person allowed in the sandbox never runs outside of it.
  const state = shown === "sandboxed" ? await parts.judge.sandbox?.state() : null;
  if (state === null || state?.status === "works") {
    return await begin(run, { confinement: shown, because: "a person allowed it" });
  }
  const why = state?.reason === undefined ? "" : ` (${state.reason})`;
  const error =
    `Cannot run ${record.name}: it was allowed in the sandbox, which does not work any more${why}; call it again, so that a person can allow it without`;
  await tellOutcome(session, record, { status: "failed", error });
}

async function begin(run: Run, allowed: Allowed, recovered = false): Promise<void> {
  const { session, record, tool, signal, parts } = run;
  if (signal.aborted) return await tellCutOff(run);
  const byKernel = parts.kernelTools[record.name];
  if (byKernel !== undefined) {
    const provider = session.state().meta?.provider ?? "";
    const refused = await byKernel(session, record, {
      attempts: run.effect.attempts,
      signal,
      allowedBy: allowed.because,
      recovered,
      toolNames: run.toolNames,
      modelOf: (text) => parts.modelOf(text, provider),
    });
    return refused === null ? undefined : await tellCutOff(run, refused);
  }
  // A model that edits one file twice in one answer means one edit after the other: each is to see the one before.
  if (tool.effect === "idempotent") await run.turns.take(session.id, () => act(run, allowed));
  else await act(run, allowed);
}

async function act(run: Run, allowed: Allowed): Promise<void> {
  const { session, record, tool, call, signal } = run;
  if (signal.aborted) return await tellCutOff(run);
  let startedSeq = 0;
  let offset = 0;
  const early: string[] = [];
  const onOutput = (text: string): void => {
    if (startedSeq === 0) return void early.push(text);
    session.delta({ actor: record.actor, of_seq: startedSeq, offset, text });
    offset += text.length;
  };
  const prepared = await call.prepare(await toolContext(run, allowed, onOutput));
  if ("status" in prepared) return await tellCutOff(run, prepared);
  const started = session.tell(startedDraft(run, allowed, prepared.evidence)).then((told) => {
    if (told.accepted) startedSeq = told.seq;
    for (const text of early.splice(0)) onOutput(text);
    return told.accepted;
  });
  // A log that fails is met where the start is awaited; until then nobody listens.
  started.catch(() => {});
  // What only reads may begin before its start is on disk; everything else waits for the sync.
  if (tool.effect !== "pure" && !(await started)) {
    await prepared.abandon();
    return await tellCutOff(run);
  }
  const outcome = await prepared.run();
  // A call that may not start any more has not finished either: the machines take only that it was interrupted.
  await finish(run, await started ? outcome : cancelledOutcome);
  session.endText(startedSeq);
}

/** Hooks hear of a result before the model does, so that their words are there with it. */
async function finish(run: Run, outcome: ToolOutcome): Promise<void> {
  const { session, record, signal, parts } = run;
  if (outcome.status !== "interrupted") {
    const output = outcome.status === "finished" ? outcome.output : outcome.error;
    await runHooks({ session, hooks: parts.hooks, signal }, "PostToolUse", {
      actor: record.actor,
      callId: record.callId,
      toolName: record.name,
      fields: { tool_input: record.args, tool_response: { output, success: outcome.status === "finished" } },
    });
  }
  const isStop = outcome.status === "interrupted" && signal.reason === ("shutdown" satisfies StopReason);
  const told = isStop ? { ...outcome, reason: "the daemon was stopped" } : outcome;
  // What may run twice begins again with the next daemon.
  await (run.tool.effect === "unsafe" ? tellOutcome(session, record, told) : tellCutOff(run, told));
}

function startedDraft(run: Run, { because }: Allowed, evidence: CallRecord["evidence"]): FactDraft {
  const { actor, callId: call_id, name } = run.record;
  const data = {
    call_id,
    name,
    attempt: run.effect.attempts + 1,
    ...(evidence === null ? {} : { evidence }),
    allowed_by: because,
  };
  return { actor, type: "call.started", data };
}

/** A call that had started when the daemon went down. */
async function recover(run: Run): Promise<void> {
  const { session, record, call } = run;
  // No command is ever started again, so it does not matter in what.
  const before: Allowed = { confinement: null, because: "it had been allowed before the daemon went down" };
  if (run.parts.kernelTools[record.name] !== undefined) {
    // Re-attached: what it began runs by its own state, and reports when it ends.
    // The call of an agent in the background does not wait for it, and may still be without its result.
    const { children, supervisors } = session.state();
    const led = [
      ...Object.values(children).filter(({ kind }) => kind !== "background"),
      ...Object.values(supervisors),
    ];
    const begun = led.some(({ callId }) => callId === record.callId);
    return begun ? undefined : await begin(run, before, true);
  }
  let offset = 0;
  const onOutput = (text: string): void => {
    session.delta({ actor: record.actor, of_seq: record.startedSeq ?? 0, offset, text });
    offset += text.length;
  };
  const found = await call.recover(record.evidence, await toolContext(run, before, onOutput));
  if (found === "again") return await begin(run, before);
  await finish(run, found);
  session.endText(record.startedSeq ?? 0);
}

/** Said once here, instead of by each tool in its own way. */
function missingWorkspace(workspace: string): ToolOutcome | null {
  try {
    if (Deno.statSync(workspace).isDirectory) return null;
  } catch {
    // Said below.
  }
  const error = `Cannot use the workspace "${workspace}": it is not there any more, tell the user`;
  return { status: "failed", error };
}

/** Whether it is a tool of a server that came with the folder and that nobody has approved. */
async function awaitsApproval(
  { session, record, parts }: Pick<Run, "session" | "record" | "parts">,
): Promise<boolean> {
  const waiting = await parts.awaiting(session.state().meta?.workspace ?? "/");
  return waiting.some((item) =>
    item.kind.startsWith("mcp_") && record.name.startsWith(toolPrefix(item.name))
  );
}

function unknownTool(
  name: string,
  { tools, waits }: { tools: ReadonlyMap<string, Tool>; waits: boolean },
): ToolOutcome {
  if (waits) {
    const error =
      `Cannot use "${name}": its server comes with this folder and waits for approval by the user (jamey trust)`;
    return { status: "failed", error };
  }
  const known = [...tools.values()].filter((tool) => tool.audience === "all").map((tool) => tool.name);
  return { status: "failed", error: `Unknown tool "${name}": there are ${known.join(", ")}` };
}
