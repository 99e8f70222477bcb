// Hooks: programs of the user that are told what happens and may object. They can tighten what is allowed, never widen it.
import type { FactData } from "../protocol/facts.ts";
import type { HookEvent, SessionHook } from "../protocol/work_facts.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { OutsideItem, Standing } from "../trust/contract.ts";

/** What a hook reads on stdin, as JSON, besides the fields that belong to its event. */
export interface HookInput {
  session_id: string;
  cwd: string;
  /** The name of the tool for the tool events, which matchers are matched with. */
  tool_name?: string;
  /** Further fields of the event: `tool_input`, `tool_response`, `prompt`, `agent`. */
  fields: JsonObject;
}

/** One hook that ran: the data of its `hook.ran` fact, less the call. */
export type HookRun = Omit<FactData<"hook.ran">, "call_id">;

export interface Hooks {
  /** Whether any hook listens, those of the session (`own`) included: cheap, asked before every call. */
  listens(event: HookEvent, workspace: string, toolName?: string, own?: readonly SessionHook[]): boolean;
  /**
   * Runs every hook of the event, side by side, and resolves when the last one has ended or run out of time. Never
   * rejects. `blocked` objects, whatever the event. `timed_out` of a gate (see `isGate`) blocks too; a gate that could not
   * be run, or whose answer makes no sense, is `blocked` already.
   */
  run(
    event: HookEvent,
    input: HookInput,
    options: { signal: AbortSignal; own?: readonly SessionHook[] },
  ): Promise<HookRun[]>;
}

/** Hooks that folders bring along too. */
export interface FolderHooks extends Hooks {
  /** What this folder wants to have run, for a person to approve, and how that stands. */
  items(workspace: string): { item: OutsideItem; standing: Standing }[];
  /** After approvals were taken back: ends what runs by them. Bounded, never rejects. */
  settle(): Promise<void>;
}

/** Events that wait for the hooks' consent: without an answer the thing is not done. */
export function isGate(event: HookEvent): boolean {
  return event === "PreToolUse" || event === "UserPromptSubmit";
}
