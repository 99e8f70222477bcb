// A tool call: reviewed, asked for when it must be, run, and picked up again after a crash. Tells exactly one result.
import { createHash } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import type { PendingEffect } from "../machines/effects.ts";
import { decidePermission } from "../machines/permission.ts";
import { stateName } from "../machines/session_state.ts";
import type { CallRecord } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { Tool, ToolCall, ToolContext, ToolOutcome } from "../tools/contract.ts";
import { startSubAgent } from "./agent_tool.ts";
import { agentToolName } from "./follow_ups.ts";
import type { Executor, SessionActor } from "./session_actor.ts";
import { toolSession } from "./tool_session.ts";

export interface ToolParts {
  tools: ReadonlyMap<string, Tool>;
  effectDir: (sessionId: string, effect: string) => Promise<string>;
}

interface Run {
  session: SessionActor;
  effect: PendingEffect;
  record: CallRecord;
  tool: Tool;
  call: ToolCall;
  signal: AbortSignal;
  parts: ToolParts;
}

/** For `call.review` and `call.run`: how far a call has come is in the state, not in the kind of effect. */
export function callExecutor(parts: ToolParts): Executor {
  return async (session, effect, { signal }) => {
    const callId = String(effect.params.call_id);
    const record = (await session.transcript()).call(callId);
    const open = session.state().calls[callId];
    if (record === undefined || open === undefined) return;
    const tool = parts.tools.get(record.name);
    const tell = (outcome: ToolOutcome) => tellOutcome(session, record, outcome);
    if (tool === undefined) return await tell(unknownTool(record.name, parts.tools));
    const parsed = tool.parse(record.args);
    if (!parsed.ok) return await tell({ status: "failed", error: parsed.error });
    const run: Run = { session, effect, record, tool, call: parsed.call, signal, parts };
    const state = stateName(open.snapshot);
    if (state === "running") return await recover(run);
    const gone = missingWorkspace(session);
    if (gone !== null) return await tell(gone);
    if (state === "approved") return await runApproved(run);
    return await review(run);
  };
}

/** What a person approves: the digest binds the answer to exactly this name and these arguments. */
export function callDigest(name: string, args: CallRecord["args"]): string {
  return createHash("sha256").update(JSON.stringify([name, args])).digest("hex");
}

async function review(run: Run): Promise<void> {
  const { session, record, tool, call } = run;
  const meta = session.state().meta;
  if (meta === null) return;
  const { actor, callId: call_id, name } = record;
  const permission = decidePermission(meta, {
    requiresConfirmation: tool.requiresConfirmation,
    grant: call.grant,
  });
  if (permission.decision === "allow") return await begin(run);
  const draft: FactDraft = permission.decision === "ask"
    ? {
      actor,
      type: "call.approval_requested",
      data: { call_id, name, prompt: call.prompt, digest: callDigest(name, record.args) },
    }
    : { actor, type: "call.denied", data: { call_id, name, by: "policy", reason: permission.reason } };
  const told = await session.tell(draft);
  if (!told.accepted) await tellOutcome(session, record, cancelledOutcome);
}

async function runApproved(run: Run): Promise<void> {
  const { session, record } = run;
  if (record.approved === callDigest(record.name, record.args)) return await begin(run);
  const error = "the approval was given for other arguments";
  await tellOutcome(session, record, { status: "failed", error });
}

async function begin(run: Run): Promise<void> {
  const { session, record, tool, call, signal } = run;
  if (signal.aborted) return await tellOutcome(session, record, cancelledOutcome);
  if (record.name === agentToolName) {
    const refused = await startSubAgent(session, record, { attempts: run.effect.attempts, signal });
    return refused === null ? undefined : await tellOutcome(session, record, refused);
  }
  let startedSeq = 0;
  let offset = 0;
  const early: string[] = [];
  const onOutput = (text: string): void => {
    if (startedSeq === 0) return void early.push(text);
    session.delta({ actor: record.actor, of_seq: startedSeq, offset, text });
    offset += text.length;
  };
  const prepared = await call.prepare(await toolContext(run, onOutput));
  if ("status" in prepared) return await tellOutcome(session, record, prepared);
  const started = session.tell(startedDraft(run, prepared.evidence)).then((told) => {
    if (told.accepted) startedSeq = told.seq;
    for (const text of early.splice(0)) onOutput(text);
    return told.accepted;
  });
  // A log that fails is met where the start is awaited; until then nobody listens.
  started.catch(() => {});
  // What only reads may begin before its start is on disk; everything else waits for the sync.
  if (tool.effect !== "pure" && !(await started)) {
    await prepared.abandon();
    return await tellOutcome(session, record, cancelledOutcome);
  }
  const outcome = await prepared.run();
  // A call that may not start any more has not finished either: the machines take only that it was interrupted.
  await tellOutcome(session, record, await started ? outcome : cancelledOutcome);
  session.endText(startedSeq);
}

function startedDraft(run: Run, evidence: CallRecord["evidence"]): FactDraft {
  const { actor, callId: call_id, name } = run.record;
  const data = {
    call_id,
    name,
    attempt: run.effect.attempts + 1,
    ...(evidence === null ? {} : { evidence }),
  };
  return { actor, type: "call.started", data };
}

/** A call that had started when the daemon went down. */
async function recover(run: Run): Promise<void> {
  const { session, record, call } = run;
  if (record.name === agentToolName) {
    // Re-attached: the child runs by its own state, and reports when it ends.
    if (Object.values(session.state().children).some((child) => child.callId === record.callId)) return;
    return await begin(run);
  }
  let offset = 0;
  const onOutput = (text: string): void => {
    session.delta({ actor: record.actor, of_seq: record.startedSeq ?? 0, offset, text });
    offset += text.length;
  };
  const found = await call.recover(record.evidence, await toolContext(run, onOutput));
  if (found === "again") return await begin(run);
  await tellOutcome(session, record, found);
  session.endText(record.startedSeq ?? 0);
}

async function toolContext(run: Run, onOutput: (text: string) => void): Promise<ToolContext> {
  const { session, record, signal, parts } = run;
  const meta = session.state().meta;
  const workspace = await realOr(meta?.workspace ?? "/");
  const roots = [workspace, ...await Promise.all((meta?.addDirs ?? []).map(realOr))];
  const effectDir = async () => {
    const dir = await parts.effectDir(session.id, record.callId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return dir;
  };
  return { session: await toolSession(session, record), workspace, roots, effectDir, signal, onOutput };
}

/** Said once here, instead of by each tool in its own way. */
function missingWorkspace(session: SessionActor): ToolOutcome | null {
  const workspace = session.state().meta?.workspace ?? "/";
  try {
    if (Deno.statSync(workspace).isDirectory) return null;
  } catch {
    // Said below.
  }
  const error = `Cannot use the workspace "${workspace}": it is not there any more, tell the user`;
  return { status: "failed", error };
}

/** A folder that is gone stays as it was named: the tool says so in its own words. */
async function realOr(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

const cancelledOutcome: ToolOutcome = { status: "interrupted", reason: "the turn was cancelled" };

async function tellOutcome(session: SessionActor, record: CallRecord, outcome: ToolOutcome): Promise<void> {
  const { actor, callId: call_id, name } = record;
  await session.tell(outcomeDraft({ actor, call_id, name }, outcome));
}

function outcomeDraft(
  call: { actor: string; call_id: string; name: string },
  outcome: ToolOutcome,
): FactDraft {
  const { actor, ...ids } = call;
  switch (outcome.status) {
    case "finished":
      return {
        actor,
        type: "call.finished",
        data: { ...ids, output: outcome.output, truncated: outcome.truncated },
      };
    case "failed":
      return {
        actor,
        type: "call.failed",
        data: { ...ids, error: outcome.error, ...withOutput(outcome.output) },
      };
    case "interrupted":
      return {
        actor,
        type: "call.interrupted",
        data: { ...ids, reason: outcome.reason, ...withOutput(outcome.output) },
      };
  }
}

function withOutput(output: string | undefined): { output?: string } {
  return output === undefined ? {} : { output };
}

function unknownTool(name: string, tools: ReadonlyMap<string, Tool>): ToolOutcome {
  return { status: "failed", error: `Unknown tool "${name}": there are ${[...tools.keys()].join(", ")}` };
}
