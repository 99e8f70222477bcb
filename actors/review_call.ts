// The review of a call: hooks are heard, the permission layers decide, and a person is asked when they say so.
import type { CallRecord } from "../machines/call_record.ts";
import type { CommandConfinement } from "../src/permission/sandbox.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { Tool, ToolCall } from "../tools/contract.ts";
import { callDigest, grantOf } from "./call_digest.ts";
import { cancelledOutcome, tellCutOff, tellOutcome } from "./call_outcome.ts";
import { judgeCall, type JudgeParts } from "./judge_call.ts";
import { metaOf } from "./actor_meta.ts";
import { noteSandbox } from "./note_sandbox.ts";
import { runHooks } from "./run_hooks.ts";
import type { SessionActor } from "./session_port.ts";

export interface Reviewed {
  session: SessionActor;
  record: CallRecord;
  tool: Tool;
  call: ToolCall;
  planFile: string;
  judge: JudgeParts;
  hooks: Hooks;
  signal: AbortSignal;
}

/** How an allowed call runs, and why it may. */
export interface Allowed {
  confinement: CommandConfinement | null;
  because: string;
}

/** Null: a person was asked, or the call has its result: the refusal. */
export async function reviewCall(reviewed: Reviewed): Promise<Allowed | null> {
  const { session, record, tool, call, planFile, judge } = reviewed;
  const { actor, callId: call_id, name } = record;
  const permissionMode = (await metaOf(session, actor))?.permissionMode ?? "default";
  const error = call.refusal({ actor, by: record.by, permissionMode });
  if (error !== null) {
    await tellOutcome(session, record, { status: "failed", error });
    return null;
  }
  const hook = await hookVerdict(reviewed);
  // A hook that was cut short with its turn says nothing about the call.
  if (reviewed.signal.aborted) {
    await tellCutOff(reviewed);
    return null;
  }
  const meta = await metaOf(session, actor);
  if (meta === null) return null;
  const grant = grantOf(call);
  const given = { meta, actor, by: record.by, tool, call, grant, planFile, hook };
  const { permission, confinement, sandbox, rule, offered } = await judgeCall(judge, given);
  if (sandbox !== null) await noteSandbox(session, sandbox);
  const { decision, because } = permission;
  if (decision === "allow") return { confinement, because };
  const draft: FactDraft = decision === "ask"
    ? {
      actor,
      type: "call.approval_requested",
      data: {
        call_id,
        name,
        prompt: call.prompt,
        digest: callDigest(name, record.args, confinement),
        reason: because,
        ...(offered === null ? {} : { grant: offered }),
        ...(rule === null ? {} : { rule }),
      },
    }
    : { actor, type: "call.denied", data: { call_id, name, by: "policy", reason: because } };
  const told = await session.tell(draft);
  if (!told.accepted) await tellOutcome(session, record, cancelledOutcome);
  return null;
}

async function hookVerdict({ session, record, hooks, signal }: Reviewed) {
  const runs = await runHooks({ session, hooks, signal }, "PreToolUse", {
    actor: record.actor,
    callId: record.callId,
    toolName: record.name,
    fields: { tool_input: record.args },
  });
  const blocked = runs.find((run) => run.outcome === "blocked" || run.outcome === "timed_out");
  const found = blocked ?? runs.find((run) => run.outcome === "asked");
  if (found === undefined) return null;
  const verdict = found === blocked ? "blocked" as const : "asked" as const;
  return { verdict, reason: found.reason ?? `"${found.name}" said no more` };
}
