// The review of a call: hooks are heard, the permission layers decide, and a person is asked when they say so.
import { createHash } from "node:crypto";
import { decidePermission } from "../src/permission/decide.ts";
import type { CallRecord } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { Tool, ToolCall } from "../tools/contract.ts";
import { cancelledOutcome, tellOutcome } from "./call_outcome.ts";
import { runHooks } from "./run_hooks.ts";
import type { SessionActor } from "./session_port.ts";

export interface Reviewed {
  session: SessionActor;
  record: CallRecord;
  tool: Tool;
  call: ToolCall;
  planFile: string;
  hooks: Hooks;
  signal: AbortSignal;
}

/** What a person approves: the digest binds the answer to exactly this name and these arguments. */
export function callDigest(name: string, args: CallRecord["args"]): string {
  return createHash("sha256").update(JSON.stringify([name, args])).digest("hex");
}

/** Grants are kept in the session's own state, which is small: a longer one is named by its hash. */
const grantCharsMax = 1_000;
const grantHeadChars = 200;

/** What a standing answer to this call covers, as it is logged. */
export function grantOf({ grant }: Pick<ToolCall, "grant">): string {
  if (grant.length <= grantCharsMax) return grant;
  const hash = createHash("sha256").update(grant).digest("hex");
  return `${grant.slice(0, grantHeadChars).toWellFormed()}... [sha256 ${hash}]`;
}

/** True when the call may run now. Otherwise a person was asked, or the call has its result: the refusal. */
export async function reviewCall(reviewed: Reviewed): Promise<boolean> {
  const { session, record, tool, call, planFile } = reviewed;
  const { actor, callId: call_id, name } = record;
  const permissionMode = session.state().meta?.permissionMode ?? "default";
  const error = call.refusal({ actor, by: record.by, permissionMode });
  if (error !== null) {
    await tellOutcome(session, record, { status: "failed", error });
    return false;
  }
  const hook = await hookVerdict(reviewed);
  // A hook that was cut short with its turn says nothing about the call.
  if (reviewed.signal.aborted) {
    await tellOutcome(session, record, cancelledOutcome);
    return false;
  }
  const meta = session.state().meta;
  if (meta === null) return false;
  const permission = decidePermission({
    meta,
    actor,
    by: record.by,
    name,
    requiresConfirmation: call.requiresConfirmation,
    alwaysAsks: tool.alwaysAsks,
    effect: tool.effect,
    grant: grantOf(call),
    allowedInPlan: call.allowedInPlan({ planFile, workspace: meta.workspace }),
    hook,
  });
  if (permission.decision === "allow") return true;
  const draft: FactDraft = permission.decision === "ask"
    ? {
      actor,
      type: "call.approval_requested",
      data: { call_id, name, prompt: call.prompt, digest: callDigest(name, record.args) },
    }
    : { actor, type: "call.denied", data: { call_id, name, by: "policy", reason: permission.reason } };
  const told = await session.tell(draft);
  if (!told.accepted) await tellOutcome(session, record, cancelledOutcome);
  return false;
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
