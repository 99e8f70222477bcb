// The tree of a session's actors, as clients are shown it: a flat list in tree order, each with its parent.
import { z } from "zod";
import { agentKind } from "./agent_facts.ts";
import { message } from "./conversation.ts";
import { usage } from "./model_parts.ts";

export const actorKind = z.enum(["main", "agent", "team", "mode", "workflow"]);
export type ActorKind = z.infer<typeof actorKind>;

/** `idle` rests and can begin again; `done`, `failed` and `stopped` of anything but a resting agent are for ever. */
export const actorState = z.enum(["idle", "working", "waiting", "done", "failed", "stopped"]);
export type ActorState = z.infer<typeof actorState>;

/** Whom or what somebody waits for. */
export const actorWait = z.enum(["approval", "question", "budget", "resume", "timer", "task"]);
export type ActorWait = z.infer<typeof actorWait>;

/** Mail or a message that the actor's model has not read yet. */
export const unreadMail = z.object({ from: z.string(), seq: z.number().int(), text: z.string() });
export type UnreadMail = z.infer<typeof unreadMail>;

export const actorCall = z.object({
  call_id: z.string(),
  name: z.string(),
  state: z.enum(["proposed", "approval", "approved", "running", "question", "answered"]),
});
export type ActorCall = z.infer<typeof actorCall>;

export const actorView = z.object({
  path: z.string(),
  /** Null for the main agent. */
  parent: z.string().nullable(),
  kind: actorKind,
  /** Of agents beside the main one. */
  agent_kind: agentKind.optional(),
  /** What others call it. */
  name: z.string(),
  description: z.string(),
  role: z.string().optional(),
  started_seq: z.number().int(),
  state: actorState,
  waits_for: actorWait.optional(),
  /** What it does, what it waits for, or why it ended; "" when there is nothing to say. */
  detail: z.string(),
  /** The fact that brought it to where it is. */
  since: z.object({ seq: z.number().int(), at: z.string() }),
  /** Its calls without a result. */
  calls: z.array(actorCall),
  /** The oldest first; how many there are is in `unread`. */
  mailbox: z.array(unreadMail),
  unread: z.number().int(),
  /** Its own, without that of the actors below it. */
  usage,
});
export type ActorView = z.infer<typeof actorView>;

export const treeView = z.object({
  session_id: z.string(),
  seq: z.number().int(),
  /** The time of the fact `seq`. */
  at: z.string(),
  tree: z.array(actorView),
});
export type TreeView = z.infer<typeof treeView>;

/** One actor with its conversation, oldest message first; empty for those that have none. */
export const actorConversation = treeView.omit({ tree: true }).extend({
  actor: actorView,
  conversation: z.array(message),
});
export type ActorConversation = z.infer<typeof actorConversation>;
