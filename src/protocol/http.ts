// Bodies of the HTTP interface: requests are strict, answers are open to new fields.
import { z } from "zod";
import { message } from "./conversation.ts";
import {
  agentMode,
  approvalDecision,
  delivery,
  eventEnvelope,
  permissionMode,
  turnOutcome,
} from "./facts.ts";
import { budgetView, pausedAgent } from "./budget_views.ts";
import { jsonObject, jsonValue } from "./json.ts";
import { actorName, idPattern, messageTextMax, sessionName } from "./commands.ts";
import { modeSettingsBody } from "./mode_settings.ts";
import { givenImage, messageImagesMax, usage } from "./model_parts.ts";
import { actorView } from "./tree_views.ts";
import {
  backgroundStatus,
  question,
  questionAnswer,
  sandboxStatus,
  task,
  todoItem,
  worktree,
} from "./work_facts.ts";

const path = z.string().min(1).max(4096);

export const createSessionBody = z.strictObject({
  name: sessionName.optional(),
  context: z.string().max(100_000).optional(),
  agent_mode: agentMode.default("single"),
  /** Left out: the mode's own members. */
  mode_settings: modeSettingsBody.optional(),
  model: z.string().min(1).max(200).optional(),
  workspace: path.optional(),
  /** Further folders that file tools may use. */
  add_dirs: z.array(path).max(16).default([]),
  /** Left out: the mode that the daemon's configuration gives new sessions. */
  permission_mode: permissionMode.optional(),
});
export type CreateSession = z.infer<typeof createSessionBody>;

export const sendMessageBody = z.strictObject({
  message: z.string().min(1).max(messageTextMax),
  id: z.string().regex(idPattern, "must be 1 to 128 letters, digits or _ . : -").optional(),
  delivery: delivery.default("steer"),
  max_steps: z.number().int().min(1).max(10_000).optional(),
  images: z.array(givenImage).max(messageImagesMax).optional(),
  /** Another agent of the session than the main one, by its name or path. */
  to: actorName.optional(),
});
export const cancelBody = z.strictObject({ actor: actorName.optional() });
export const answerQuestionBody = z.strictObject({ answers: z.array(questionAnswer).min(1).max(8) });
export const setModeBody = z.strictObject({ permission_mode: permissionMode });
export const setModelBody = z.strictObject({ model: z.string().min(1).max(200) });
export const compactBody = z.strictObject({ instructions: z.string().max(10_000).optional() });
export const runToolBody = z.strictObject({
  tool_call: z.strictObject({ name: z.string().min(1).max(128), args: jsonObject }),
  id: z.string().regex(idPattern).optional(),
});
export const answerBody = z.strictObject({
  decision: approvalDecision,
  reason: z.string().max(10_000).optional(),
  digest: z.string().max(128).optional(),
});
export const forkBody = z.strictObject({
  at: z.number().int().min(1).optional(),
  name: sessionName.optional(),
});

/** `idle` and every word after it up to `failed` are at rest; the others have work going on. */
export const sessionStatus = z.enum([
  "idle",
  "interrupted",
  "failed",
  "parked",
  /** A limit was met: a person lets it go on or stop. */
  "paused",
  "archived",
  "thinking",
  "acting",
  "waiting_for_approval",
  "cancelling",
  "damaged",
]);
export type SessionStatus = z.infer<typeof sessionStatus>;

export const sessionSummary = z.object({
  session_id: z.string(),
  name: z.string().nullable(),
  status: sessionStatus,
  seq: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
  workspace: z.string(),
  provider: z.string(),
  model: z.string(),
  permission_mode: permissionMode,
  /** What its commands were last known to run in; left out: it has not mattered yet. */
  sandbox: z.object({ status: sandboxStatus, reason: z.string().optional() }).optional(),
  forked_from: z.string().nullable(),
  /** Approvals, questions and paused workflows of any of its actors, and limits of all but the main one: all wait for a person. */
  asks: z.number().int().min(1).optional(),
  /** Teams, workflows and agents in the background that work beside the turn of the main agent. */
  works: z.number().int().min(1).optional(),
});
export type SessionSummary = z.infer<typeof sessionSummary>;

export const approval = z.object({
  call_id: z.string(),
  name: z.string(),
  actor: z.string(),
  /** Of a workflow: the node that asks. */
  node: z.string().optional(),
  prompt: z.string(),
  digest: z.string(),
  /** Why a person is asked. */
  reason: z.string().optional(),
  /** What `allow_session` would cover; left out: there is no such answer. */
  grant: z.string().optional(),
  /** The rule that `allow_always` and `reject_always` would add for this folder; left out: there are no such answers. */
  rule: z.string().optional(),
  seq: z.number().int(),
});
export type Approval = z.infer<typeof approval>;

/** Questions of one call that wait for a person. */
export const pendingQuestion = z.object({
  call_id: z.string(),
  actor: z.string(),
  /** Of a workflow: the node that asks. */
  node: z.string().optional(),
  questions: z.array(question),
  seq: z.number().int(),
});
export type PendingQuestion = z.infer<typeof pendingQuestion>;

/** A command that runs, or ran, beside the conversation. */
export const backgroundView = z.object({
  background_id: z.string(),
  actor: z.string(),
  command: z.string(),
  status: z.union([z.literal("running"), backgroundStatus]),
  exit_code: z.number().int().optional(),
});

export const sessionView = z.object({
  session_id: z.string(),
  seq: z.number().int(),
  conversation: z.array(message),
  state: z.object({
    summary: sessionSummary,
    digest: z.string(),
    actors: z.record(z.string(), jsonValue),
    tree: z.array(actorView),
    calls: z.record(z.string(), jsonValue),
    effects: z.record(z.string(), jsonValue),
    approvals: z.array(approval),
    questions: z.array(pendingQuestion),
    paused: z.array(pausedAgent),
    budgets: z.array(budgetView),
    todos: z.array(todoItem),
    tasks: z.array(task.extend({ ready: z.boolean() })),
    background: z.array(backgroundView),
    worktree: worktree.nullable(),
    usage: z.object({ input_tokens: z.number(), output_tokens: z.number(), cost_usd: z.number().optional() }),
    /** The same for each agent of the session, and for each model as `provider/model`. */
    usage_by_actor: z.record(z.string(), usage),
    usage_by_model: z.record(z.string(), usage),
  }),
});
export type SessionView = z.infer<typeof sessionView>;

/** What a model call was sent: `wire` is the exact body, `matches` says whether its hash is the recorded one. */
export const requestView = z.object({
  request_id: z.string(),
  seq: z.number().int(),
  provider: z.string(),
  model: z.string(),
  wire: jsonObject,
  sha256: z.string(),
  recorded_sha256: z.string(),
  matches: z.boolean(),
});
export type RequestView = z.infer<typeof requestView>;

export const verifyReport = z.object({
  session_id: z.string(),
  ok: z.boolean(),
  records: z.number().int(),
  digests: z.number().int(),
  requests: z.number().int(),
  /** Records of earlier versions: folded, but their digests are those of other machines and prove nothing here. */
  unproven: z.number().int(),
  final_digest: z.string(),
  live_digest: z.string().nullable(),
  /** The first record that differs, when there is one. */
  diverged: z.object({ seq: z.number().int(), expected: z.string(), found: z.string(), what: z.string() })
    .nullable(),
});
export type VerifyReport = z.infer<typeof verifyReport>;

export const modelView = z.object({
  provider: z.string(),
  kind: z.string(),
  /** The provider new sessions use. */
  is_default: z.boolean(),
  default_model: z.string(),
  window: z.number().int(),
  vision: z.boolean(),
  /** What is wrong with its configuration, when it cannot be used. */
  error: z.string().optional(),
});
export type ModelView = z.infer<typeof modelView>;

/** A slash command of the user's or the folder's own: a Markdown file, or a skill. */
export const commandView = z.object({
  name: z.string(),
  description: z.string(),
  kind: z.enum(["command", "skill"]),
  source: z.enum(["workspace", "user"]),
});
export type CommandView = z.infer<typeof commandView>;
export const expandCommandBody = z.strictObject({
  workspace: path,
  args: z.string().max(10_000).default(""),
});

/** Something that a workspace brings along and a person has to look at before it is used. */
export const outsideView = z.object({
  workspace: z.string(),
  kind: z.string(),
  name: z.string(),
  text: z.string(),
  standing: z.enum(["approved", "unknown", "changed"]),
  /** What was approved, of something that is `changed`; left out when it was not kept. */
  previous: z.string().optional(),
});
export type OutsideView = z.infer<typeof outsideView>;

/** What one of them is called within its workspace. */
export const outsideName = z.strictObject({ kind: z.string().min(1).max(64), name: z.string().max(4096) });
export type OutsideName = z.infer<typeof outsideName>;

/** Something that a person has approved once, for any workspace; "" stands for the user's own configuration. */
export const trustedView = z.object({
  workspace: z.string(),
  kind: z.string(),
  name: z.string(),
  approved_at: z.string(),
  /** Whether it is there as it was approved; `unseen`: so many folders are approved that this one was not looked at. */
  standing: z.enum(["approved", "changed", "gone", "unseen"]),
});
export type TrustedView = z.infer<typeof trustedView>;

export const eventsPage = z.object({ events: z.array(eventEnvelope), head: z.number().int() });

/** The body of every error answer. */
export const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});
export type ErrorBody = z.infer<typeof errorBody>;

export const health = z.object({
  status: z.literal("ok"),
  version: z.string(),
  uptime_s: z.number(),
  sessions: z.number().int(),
});
export type Health = z.infer<typeof health>;

export const turnResult = z.object({
  messages: z.array(message),
  tool_calls: z.array(
    z.object({ call_id: z.string(), name: z.string(), status: z.string(), output: z.string() }),
  ),
  outcome: turnOutcome,
  seq: z.number().int(),
});
export type TurnResult = z.infer<typeof turnResult>;

export const toolResult = z.object({
  result: z.object({ id: z.string(), name: z.string(), output: z.string(), success: z.boolean() }),
});

/** `<data>/daemon.json`: how any client finds the daemon. */
export const daemonFile = z.object({
  pid: z.number().int(),
  url: z.string(),
  token_file: z.string(),
  version: z.string(),
  started_at: z.string(),
});
export type DaemonFile = z.infer<typeof daemonFile>;
