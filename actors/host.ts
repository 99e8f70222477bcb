// The host port: all that a door (HTTP, WebSocket) may ask of the running sessions.
import type { AgentsView } from "../src/protocol/agent_views.ts";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import type { Fact } from "../src/protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../src/protocol/frames.ts";
import type {
  Approval,
  CommandView,
  CreateSession,
  ModelView,
  OutsideName,
  OutsideView,
  RequestView,
  SessionSummary,
  SessionView,
  TrustedView,
  TurnResult,
  VerifyReport,
} from "../src/protocol/http.ts";
import type {
  ExplainBody,
  Explanation,
  PermissionsView,
  UserRule,
} from "../src/protocol/permission_views.ts";
import type { TeamView } from "../src/protocol/team_spec.ts";
import type { ActorConversation, TreeView } from "../src/protocol/tree_views.ts";
import type { WorkflowView } from "../src/protocol/workflow_views.ts";

/** A session by its full id, or a folder by its absolute path. */
export interface Where {
  session?: string;
  workspace?: string | undefined;
}

/** Called synchronously, in order; must not throw or wait. `encoded` is the whole `event` frame as JSON, made once for all. */
export interface SessionListener {
  event(fact: Fact, encoded: string): void;
  delta(frame: DeltaFrame): void;
  notice?(frame: NoticeFrame): void;
  /** The session is gone from here (archived, daemon stopping, log dead). */
  closed(reason: string): void;
}

export interface Subscription {
  /** Facts up to `head` are read with `events`; everything later comes to the listener. */
  head: number;
  epoch: number;
  /** Texts in the making at this moment, as one delta each from offset 0. */
  partial: DeltaFrame[];
  unsubscribe(): void;
}

/** Every method rejects with a Problem; `not_found` for an unknown session. `session` is always a full id. */
export interface Host {
  create(input: CreateSession): Promise<{ session_id: string }>;
  /** The full id for an id, unique prefix, name, or `last`; `not_found`, or `conflict` naming the candidates. */
  resolve(name: string): Promise<string>;
  list(
    options: { limit: number; cursor?: string },
  ): Promise<{ sessions: SessionSummary[]; next: string | null }>;
  count(): number;
  /** `client`: the program through which `by` speaks, as it names itself. */
  command(session: string, command: Command, by: string, client?: string): Promise<Receipt>;
  /** Waits until the turn that holds `message_id` ends. */
  turn(session: string, messageId: string, signal: AbortSignal): Promise<TurnResult>;
  /** Waits until the call has its result. */
  call(
    session: string,
    callId: string,
    signal: AbortSignal,
  ): Promise<{ output: string; success: boolean; name: string }>;
  view(session: string, at?: number): Promise<SessionView>;
  /** Every actor, at any point. */
  tree(session: string, at?: number): Promise<TreeView>;
  /** The teams of a session, the oldest first. */
  teams(session: string, at?: number): Promise<TeamView[]>;
  /** Every workflow with the states of its nodes, the oldest first. */
  workflows(session: string, at?: number): Promise<WorkflowView[]>;
  /** One of them by path or name, with its conversation; `not_found` names those there are. */
  actor(session: string, name: string, at?: number): Promise<ActorConversation>;
  approvals(session: string): Promise<Approval[]>;
  /** Durable facts after `after`, in order. */
  events(session: string, after: number, limit: number): Promise<{ events: Fact[]; head: number }>;
  subscribe(session: string, listener: SessionListener): Promise<Subscription>;
  request(session: string, requestId: string): Promise<RequestView>;
  verify(session: string): Promise<VerifyReport>;
  fork(session: string, at?: number, name?: string): Promise<{ session_id: string }>;
  archive(session: string): Promise<void>;
  restore(session: string): Promise<void>;
  /** The tools that every session has, and with a folder those that are known for it: looking starts nothing. */
  tools(workspace?: string): Promise<ToolSpec[]>;
  /** Slash commands and skills of a folder. */
  commands(workspace: string): Promise<CommandView[]>;
  /** Agents that are defined in a folder and by the user. */
  agents(workspace: string): Promise<AgentsView>;
  /** The message that a slash command stands for; `not_found` for a name that none has. */
  expandCommand(workspace: string, name: string, args: string): Promise<string>;
  /** The rules in force, the mode and the sandbox, of a session or of new sessions in a folder. */
  permissions(where: Where): Promise<PermissionsView>;
  /** What would become of a call, by the same decision; nothing is run. `not_found` for an unknown tool. */
  explain(where: Where, asked: ExplainBody): Promise<Explanation>;
  /** A rule of the user's: durable when it resolves. `bad_request` for a text that is no rule. */
  addRule(rule: UserRule): Promise<void>;
  /** `not_found` when the user gave no such rule there. */
  removeRule(rule: UserRule): Promise<void>;
  models(): ModelView[];
  /** The models that a provider's endpoint offers now. */
  modelsOf(provider: string): Promise<string[]>;
  /** What this folder brings along that could run code or steer the agent, and what a person has said of it. */
  outside(workspace: string): Promise<OutsideView[]>;
  /**
   * Approves what `digest` (of `outside`) covers and nothing else, all of it or `only` these; `conflict` when it has
   * changed since, `not_found` for a name that is none of its items.
   */
  trust(workspace: string, digest: string, only?: readonly OutsideName[]): Promise<OutsideView[]>;
  /** Takes approvals back, all of this folder or `only` these, and ends what runs by them; how many there were. */
  withdrawTrust(workspace: string, only?: readonly OutsideName[]): Promise<number>;
  /** Everything that is approved, of all folders, and whether it is still the same. */
  trusted(): Promise<TrustedView[]>;
}
