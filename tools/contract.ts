// The tool contract: what a tool declares, and how the kernel runs it and picks it up again after a crash.
import { z } from "zod";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import type { CallOrigin, FactData, Image, PermissionMode } from "../src/protocol/facts.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { Task, TodoItem, Worktree } from "../src/protocol/work_facts.ts";
import type { Subject } from "../src/permission/contract.ts";
import type { SecretPlaces } from "../src/permission/secret_places.ts";
import type { Sandbox } from "./sandbox/contract.ts";

/**
 * How a call that had started and has no result is recovered:
 * `pure` reads only, runs again; `idempotent` runs again to the same end; `unsafe` never runs again.
 */
export type EffectClass = "pure" | "idempotent" | "unsafe";

/** Facts that a call may write besides its result, in the same write: so both are there, or neither. */
type ToolFactType =
  | "session.mode_changed"
  | "session.workspace_changed"
  | "todo.written"
  | "task.created"
  | "task.updated"
  | "file.changed"
  | "background.started"
  | "context.compact_requested"
  | "hook.registered"
  | "team.message_sent"
  | "team.work_done"
  | "team.milestone_reached";
/** `actor`: whose fact it is when it is not that of the agent which makes the call. */
export type ToolFact = { [T in ToolFactType]: { actor?: string; type: T; data: FactData<T> } }[ToolFactType];

/** A command that runs beside the conversation, as the log has it. */
export interface BackgroundTask {
  backgroundId: string;
  command: string;
  /** What Bash logged about its process. */
  evidence: JsonValue;
  /** Null while it runs. */
  ended: FactData<"background.ended"> | null;
}

/** What a call may know of its session, as the log has it at this moment, and the little it may ask of the kernel. */
export interface ToolSession {
  readonly sessionId: string;
  /** The path of the agent whose call this is. */
  readonly actor: string;
  readonly callId: string;
  readonly by: CallOrigin;
  readonly permissionMode: PermissionMode;
  /** The mode that holds again when planning is over. */
  readonly modeBeforePlan: PermissionMode;
  readonly worktree: Worktree | null;
  /** A file outside the workspace for the plan of this session; it may be written in plan mode too. */
  readonly planFile: string;
  todos(): readonly TodoItem[];
  tasks(): readonly Task[];
  /** Hash of the file at this absolute path as this agent last read or wrote it whole; undefined when it never did. */
  seen(path: string): string | undefined;
  /** Every change of a file by a call of this session, the oldest first. */
  changes(): readonly FactData<"file.changed">[];
  /** Keeps bytes with the session for good; the name by which `kept` finds them again. */
  keep(bytes: Uint8Array): Promise<string>;
  kept(name: string): Promise<Uint8Array>;
  backgroundTasks(): readonly BackgroundTask[];
  /** How many hooks were added to this session. */
  hooksCount(): number;
  /** Ends a background task and waits until its end is logged; false when none of that id runs. */
  endBackgroundTask(backgroundId: string): Promise<boolean>;
}

export interface ToolContext {
  session: ToolSession;
  /** Absolute, real path: relative paths are resolved here, commands run here. */
  workspace: string;
  /** Absolute, real paths in which files may be touched: the workspace and the session's further folders. */
  roots: readonly string[];
  /** Files that no tool may show or change: keys, credentials, our own. */
  secrets: SecretPlaces;
  /** What confines this call's commands; null: they run bare, which was decided with the call. */
  sandbox: Sandbox | null;
  /** A folder for this call's own files (output, exit status), outside the workspace and no other call's; made on first use. */
  effectDir(): Promise<string>;
  /** Aborted: the call is to end. With the reason "shutdown" the daemon stops, and a second is all there is. */
  signal: AbortSignal;
  /** Live output for whoever watches; not logged. */
  onOutput(text: string): void;
}

/** The end of a call. Exactly one per call; outcomes are values, never throws. */
export type ToolOutcome =
  | {
    status: "finished";
    output: string;
    truncated: boolean;
    images?: Image[];
    /** Files whose whole content was shown or written: path absolute and real. */
    files?: { path: string; sha256: string }[];
    facts?: ToolFact[];
  }
  | { status: "failed"; error: string; output?: string }
  | { status: "interrupted"; reason: string; output?: string };

/** A call that is ready to act but has not touched the world. Exactly one of run and abandon is called. */
export interface PreparedCall {
  /** Logged with `call.started`, synced before `run`: what recovery needs to find out what happened. */
  evidence: JsonValue;
  run(): Promise<ToolOutcome>;
  /** Lets go without acting. */
  abandon(): Promise<void>;
}

export interface ToolDefinition<Args> {
  name: string;
  description: string;
  parameters: z.ZodType<Args>;
  effect: EffectClass;
  /** Whether a person is asked first in the default permission mode. */
  requires_confirmation: boolean | ((args: Args) => boolean);
  /** A person is asked in every mode, whatever was allowed before. */
  always_asks?: boolean;
  /** Whether a call may run in plan mode; left out: when the effect is `pure`. */
  allowed_in_plan?: boolean | ((args: Args, context: { planFile: string; workspace: string }) => boolean);
  /** `user`: not offered to models, for people to run by hand. Left out: both. */
  audience?: "user";
  limits: { timeoutMs: number; outputCharsMax: number };
  /** What the person who approves is shown: the whole action, nothing left out. */
  prompt?(args: Args): string;
  /** Why the call cannot be made, or null: said before any person is asked about it. `run` and `prepare` check again. */
  refuse?(args: Args, session: Pick<ToolSession, "actor" | "by" | "permissionMode">): string | null;
  /** What a standing answer covers, as a rule: by default every call of the tool. */
  grant?(args: Args): string;
  /** What rules can say something about: commands, paths, addresses, names. Left out: the tool's name is all there is. */
  subjects?(args: Args): readonly Subject[];
  /** Either `run`, or `prepare` for tools whose effect needs evidence in the log first. */
  run?(args: Args, context: ToolContext): Promise<ToolOutcome>;
  prepare?(args: Args, context: ToolContext): Promise<PreparedCall | ToolOutcome>;
  /** For a call that had started before a crash: its outcome, found or made, or `again` to run it anew. */
  recover?(args: Args, evidence: JsonValue, context: ToolContext): Promise<ToolOutcome | "again">;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly effect: EffectClass;
  /** Whether any of its calls is asked about. */
  readonly requiresConfirmation: boolean;
  readonly alwaysAsks: boolean;
  readonly audience: "all" | "user";
  readonly limits: { timeoutMs: number; outputCharsMax: number };
  /** Name, description and JSON Schema of the arguments, as models and `GET /tools` get them. */
  readonly spec: ToolSpec;
  /** Checks arguments; the error text is for the model and names each wrong field. */
  parse(args: JsonObject | string): { ok: true; call: ToolCall } | { ok: false; error: string };
}

/** A tool bound to checked arguments. */
export interface ToolCall {
  prompt: string;
  grant: string;
  requiresConfirmation: boolean;
  subjects: readonly Subject[];
  allowedInPlan(context: { planFile: string; workspace: string }): boolean;
  /** Why it cannot be made, or null; nothing is done yet. */
  refusal(session: Pick<ToolSession, "actor" | "by" | "permissionMode">): string | null;
  prepare(context: ToolContext): Promise<PreparedCall | ToolOutcome>;
  recover(evidence: JsonValue, context: ToolContext): Promise<ToolOutcome | "again">;
}

/** Makes a tool from its definition; adds the time limit, the output limit and the recovery default of its effect class. */
export type DefineTool = <Args>(definition: ToolDefinition<Args>) => Tool;

/** Tools that are not built in: found for a folder, and gone with it. Cheap to ask: it is asked before every model call. */
export interface ToolSource {
  readonly name: string;
  /**
   * The tools a session in this folder has now. Never waits for a process. It may have one started that will know more
   * the next time; with `knownOnly` it does not.
   */
  tools(workspace: string, options?: { knownOnly: boolean }): Promise<readonly Tool[]>;
  close(): Promise<void>;
}
