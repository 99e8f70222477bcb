// Facts: everything that can be logged. One schema per type; the union is the event vocabulary of a session.
import { z } from "zod";
import { agentFacts } from "./agent_facts.ts";
import { agentMode, modeFacts, modeSettings } from "./mode_facts.ts";
import { jsonObject, jsonValue } from "./json.ts";
import { permissionMode } from "./permission_mode.ts";
import { image, price, reasoning, usage } from "./model_parts.ts";
import { teamFacts } from "./team_facts.ts";
import { workflowFacts } from "./workflow_facts.ts";
import { client, sessionWorkFacts } from "./work_facts.ts";

export { type AgentMode, agentMode } from "./mode_facts.ts";
export { type PermissionMode, permissionMode } from "./permission_mode.ts";
export { type Image, type Price, type Reasoning, type Usage, usage } from "./model_parts.ts";

export const delivery = z.enum(["steer", "queue"]);
export type Delivery = z.infer<typeof delivery>;

/** `session`: the same call again in this session; `always`: in this folder from now on, as a rule of the user's. */
export const approvalDecision = z.enum([
  "allow_once",
  "allow_session",
  "allow_always",
  "reject_once",
  "reject_session",
  "reject_always",
]);
export type ApprovalDecision = z.infer<typeof approvalDecision>;

export const turnOutcome = z.enum(["completed", "cancelled", "interrupted", "failed", "limit", "parked"]);
export type TurnOutcome = z.infer<typeof turnOutcome>;

/** Tool arguments as the model gave them; a string when they were not a JSON object. */
export const callArgs = z.union([jsonObject, z.string()]);
export const proposedCall = z.object({ call_id: z.string(), name: z.string(), args: callArgs });
export type ProposedCall = z.infer<typeof proposedCall>;

export const errorInfo = z.object({ code: z.string(), message: z.string() });
export type ErrorInfo = z.infer<typeof errorInfo>;

/** Who wants a call: a model, a person by hand, or what leads agents (a node of a workflow). */
export const callOrigin = z.enum(["model", "user", "supervisor"]);
export type CallOrigin = z.infer<typeof callOrigin>;

const call = { call_id: z.string(), name: z.string() };
/** What an answer covers beyond its call: in this session, and by a rule that it has added for this folder. */
const standing = { grant: z.string().optional(), rule: z.string().optional() };

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
    /** Who takes part in the mode; left out in `single`. */
    mode_settings: modeSettings.optional(),
    permission_mode: permissionMode,
    context: z.string().optional(),
    machine_version: z.string(),
  }),
  "session.renamed": z.object({ name: z.string() }),
  "session.forked": z.object({ session_id: z.string(), from: z.string(), at: z.number().int() }),
  "session.archived": z.object({}),
  "session.restored": z.object({}),
  "session.owned": z.object({ epoch: z.number().int(), version: z.string(), recovered: z.boolean() }),
  /** From here on other machines fold this session: those of the version that wrote `to`. */
  "session.upgraded": z.object({ from: z.string(), to: z.string() }),
  "message.received": z.object({
    message_id: z.string(),
    text: z.string(),
    delivery,
    max_steps: z.number().int().positive().optional(),
    images: z.array(image).optional(),
    /** Who says so when it is not a person: the end of a background task, a hook, or what leads the agent. */
    source: z.enum(["background", "hook", "supervisor"]).optional(),
  }),
  "model.called": z.object({
    request_id: z.string(),
    provider: z.string(),
    model: z.string(),
    attempt: z.number().int(),
    /** System prompt and tools as sent; with the conversation before this fact it gives the exact request. */
    head: jsonValue,
    request_sha256: z.string(),
    /** A fallback is asked: who was to answer, and why it did not. */
    instead_of: z.object({ provider: z.string(), model: z.string(), error: errorInfo }).optional(),
    /** The most that it may use, held back from every budget above it until it has ended. */
    reserved: z.object({
      tokens: z.number().int().nonnegative(),
      cost_usd: z.number().nonnegative().optional(),
    }).optional(),
  }),
  "model.replied": z.object({
    request_id: z.string(),
    text: z.string(),
    calls: z.array(proposedCall),
    usage,
    stop_reason: z.string(),
    /** Who answered, when a fallback stepped in it is not the one of the session. */
    provider: z.string().optional(),
    model: z.string().optional(),
    /** What the cost was computed with. */
    price: price.optional(),
    reasoning: reasoning.optional(),
  }),
  "model.failed": z.object({ request_id: z.string(), error: errorInfo, text: z.string().optional() }),
  "call.proposed": z.object({
    ...call,
    args: callArgs,
    by: callOrigin,
    /** Of a workflow: the node whose call it is. */
    node: z.string().optional(),
  }),
  "call.approval_requested": z.object({
    ...call,
    prompt: z.string(),
    digest: z.string(),
    /** Why a person is asked: the rule, mode or guard that says so. */
    reason: z.string().optional(),
    /** What an answer for the session would cover; left out: none is possible. */
    grant: z.string().optional(),
    /** The rule that the answer "always" would add for this folder; left out: there is no such answer. */
    rule: z.string().optional(),
  }),
  "call.approved": z.object({
    ...call,
    by: z.string(),
    decision: approvalDecision,
    digest: z.string(),
    ...standing,
    client,
  }),
  "call.denied": z.object({ ...call, by: z.string(), reason: z.string(), ...standing, client }),
  "call.started": z.object({
    ...call,
    attempt: z.number().int(),
    evidence: jsonValue.optional(),
    /** What let it run: the rule, the mode or the answer, in words. */
    allowed_by: z.string().optional(),
  }),
  "call.finished": z.object({
    ...call,
    output: z.string(),
    truncated: z.boolean(),
    images: z.array(image).optional(),
    /** Files whose whole content the call has shown or written, as the agent now knows them. */
    files: z.array(z.object({ path: z.string(), sha256: z.string() })).optional(),
  }),
  "call.failed": z.object({ ...call, error: z.string(), output: z.string().optional() }),
  "call.interrupted": z.object({ ...call, reason: z.string(), output: z.string().optional() }),
  ...agentFacts,
  "turn.cancelled": z.object({
    by: z.string(),
    outcome: z.enum(["cancelled", "interrupted", "parked", "limit"]),
    /** Why, in the words of the agent that stopped another one. */
    reason: z.string().optional(),
  }),
  "turn.ended": z.object({ outcome: turnOutcome, steps: z.number().int(), error: errorInfo.optional() }),
  ...teamFacts,
  ...modeFacts,
  ...workflowFacts,
  ...sessionWorkFacts,
} as const;

export type FactType = keyof typeof factData;
export type FactData<T extends FactType> = z.infer<(typeof factData)[T]>;

/** A fact before the log gave it a place: what happened, to which actor. */
export type FactDraft = { [T in FactType]: { actor: string; type: T; data: FactData<T> } }[FactType];

/** A fact as every client sees it. `seq` is gap-free per session, `at` is ISO 8601 in UTC, never decreasing. */
export type Fact = FactDraft & { seq: number; at: string; v: number };
export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;

export type CallFact = FactOf<Extract<FactType, `call.${string}`>>;

/** Facts that a supervisor's own machine takes. */
export type SupervisorFact = FactOf<
  Exclude<Extract<FactType, `team.${string}` | `mode.${string}` | `workflow.${string}`>, "team.message_sent">
>;

export function isSupervisorFact(fact: Fact): fact is SupervisorFact {
  return /^(?:team|mode|workflow)\./.test(fact.type) && fact.type !== "team.message_sent";
}

export function isCallFact(fact: Fact): fact is CallFact {
  return fact.type.startsWith("call.");
}

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
