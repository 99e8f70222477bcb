// Facts: everything that can be logged. One schema per type; the union is the event vocabulary of a session.
import { z } from "zod";
import { jsonObject, jsonValue } from "./json.ts";

export const permissionMode = z.enum(["default", "bypassPermissions"]);
export type PermissionMode = z.infer<typeof permissionMode>;

export const agentMode = z.enum(["single"]);

export const delivery = z.enum(["steer", "queue"]);
export type Delivery = z.infer<typeof delivery>;

export const approvalDecision = z.enum(["allow_once", "allow_always", "reject_once", "reject_always"]);
export type ApprovalDecision = z.infer<typeof approvalDecision>;

export const turnOutcome = z.enum(["completed", "cancelled", "interrupted", "failed", "limit", "parked"]);
export type TurnOutcome = z.infer<typeof turnOutcome>;

export const usage = z.object({
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  cost_usd: z.number().nonnegative().optional(),
});
export type Usage = z.infer<typeof usage>;

/** Tool arguments as the model gave them; a string when they were not a JSON object. */
export const callArgs = z.union([jsonObject, z.string()]);
export const proposedCall = z.object({ call_id: z.string(), name: z.string(), args: callArgs });
export type ProposedCall = z.infer<typeof proposedCall>;

export const errorInfo = z.object({ code: z.string(), message: z.string() });
export type ErrorInfo = z.infer<typeof errorInfo>;

const call = { call_id: z.string(), name: z.string() };

/** Data of each fact type, at its current version. */
export const factData = {
  "session.created": z.object({
    session_id: z.string(),
    name: z.string().optional(),
    workspace: z.string(),
    add_dirs: z.array(z.string()),
    provider: z.string(),
    model: z.string(),
    agent_mode: agentMode,
    permission_mode: permissionMode,
    context: z.string().optional(),
    machine_version: z.string(),
  }),
  "session.renamed": z.object({ name: z.string() }),
  "session.forked": z.object({ session_id: z.string(), from: z.string(), at: z.number().int() }),
  "session.archived": z.object({}),
  "session.restored": z.object({}),
  "session.owned": z.object({ epoch: z.number().int(), version: z.string(), recovered: z.boolean() }),
  "message.received": z.object({
    message_id: z.string(),
    text: z.string(),
    delivery,
    max_steps: z.number().int().positive().optional(),
  }),
  "model.called": z.object({
    request_id: z.string(),
    provider: z.string(),
    model: z.string(),
    attempt: z.number().int(),
    /** System prompt and tools as sent; with the conversation before this fact it gives the exact request. */
    head: jsonValue,
    request_sha256: z.string(),
  }),
  "model.replied": z.object({
    request_id: z.string(),
    text: z.string(),
    calls: z.array(proposedCall),
    usage,
    stop_reason: z.string(),
  }),
  "model.failed": z.object({ request_id: z.string(), error: errorInfo, text: z.string().optional() }),
  "call.proposed": z.object({ ...call, args: callArgs, by: z.enum(["model", "user"]) }),
  "call.approval_requested": z.object({ ...call, prompt: z.string(), digest: z.string() }),
  "call.approved": z.object({
    ...call,
    by: z.string(),
    decision: approvalDecision,
    digest: z.string(),
    grant: z.string().optional(),
  }),
  "call.denied": z.object({ ...call, by: z.string(), reason: z.string(), grant: z.string().optional() }),
  "call.started": z.object({ ...call, attempt: z.number().int(), evidence: jsonValue.optional() }),
  "call.finished": z.object({ ...call, output: z.string(), truncated: z.boolean() }),
  "call.failed": z.object({ ...call, error: z.string(), output: z.string().optional() }),
  "call.interrupted": z.object({ ...call, reason: z.string(), output: z.string().optional() }),
  "agent.started": z.object({
    agent: z.string(),
    parent: z.string(),
    description: z.string(),
    prompt: z.string(),
    call_id: z.string(),
  }),
  "agent.resumed": z.object({ agent: z.string() }),
  "agent.finished": z.object({ agent: z.string(), result: z.string() }),
  "agent.failed": z.object({ agent: z.string(), error: z.string() }),
  "agent.stopped": z.object({ agent: z.string(), reason: z.string() }),
  "turn.cancelled": z.object({ by: z.string(), outcome: z.enum(["cancelled", "interrupted", "parked"]) }),
  "turn.ended": z.object({ outcome: turnOutcome, steps: z.number().int(), error: errorInfo.optional() }),
} as const;

export type FactType = keyof typeof factData;
export type FactData<T extends FactType> = z.infer<(typeof factData)[T]>;

/** A fact before the log gave it a place: what happened, to which actor. */
export type FactDraft = { [T in FactType]: { actor: string; type: T; data: FactData<T> } }[FactType];

/** A fact as every client sees it. `seq` is gap-free per session, `at` is ISO 8601 in UTC, never decreasing. */
export type Fact = FactDraft & { seq: number; at: string; v: number };
export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;

/** The current version of every fact type; a changed meaning raises it and adds an upcaster. */
export const factVersions: { readonly [T in FactType]: number } = Object.fromEntries(
  Object.keys(factData).map((type) => [type, 1]),
) as { [T in FactType]: number };

/** The shape of any event on the wire. Types of later versions pass through, so the type is open here. */
export const eventEnvelope = z.object({
  seq: z.number().int().positive(),
  at: z.string(),
  actor: z.string(),
  type: z.string(),
  v: z.number().int().positive(),
  data: jsonObject,
});
export type EventEnvelope = z.infer<typeof eventEnvelope>;

/** The actor path of a session's main agent. */
export const mainActor = "main";
