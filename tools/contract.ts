// The tool contract: what a tool declares, and how the kernel runs it and picks it up again after a crash.
import { z } from "zod";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";

/**
 * How a call that had started and has no result is recovered:
 * `pure` reads only, runs again; `idempotent` runs again to the same end; `unsafe` never runs again.
 */
export type EffectClass = "pure" | "idempotent" | "unsafe";

export interface ToolContext {
  /** Absolute, real path: relative paths are resolved here, commands run here. */
  workspace: string;
  /** Absolute, real paths in which files may be touched: the workspace and the session's further folders. */
  roots: readonly string[];
  /** A folder for this call's own files (output, exit status), outside the workspace and no other call's; made on first use. */
  effectDir(): Promise<string>;
  /** Aborted: the call is to end. With the reason "shutdown" the daemon stops, and a second is all there is. */
  signal: AbortSignal;
  /** Live output for whoever watches; not logged. */
  onOutput(text: string): void;
}

/** The end of a call. Exactly one per call; outcomes are values, never throws. */
export type ToolOutcome =
  | { status: "finished"; output: string; truncated: boolean }
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
  requires_confirmation: boolean;
  limits: { timeoutMs: number; outputCharsMax: number };
  /** What the person who approves is shown: the whole action, nothing left out. */
  prompt?(args: Args): string;
  /** What `allow_always` covers for the rest of the session: by default every call of the tool. */
  grant?(args: Args): string;
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
  readonly requiresConfirmation: boolean;
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
  prepare(context: ToolContext): Promise<PreparedCall | ToolOutcome>;
  recover(evidence: JsonValue, context: ToolContext): Promise<ToolOutcome | "again">;
}

/** Makes a tool from its definition; adds the time limit, the output limit and the recovery default of its effect class. */
export type DefineTool = <Args>(definition: ToolDefinition<Args>) => Tool;
