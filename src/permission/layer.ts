// A permission layer: one reason why a call may run, must be asked for, or is refused. Pure, one file each.
import type { SessionMeta } from "../../machines/session_meta.ts";

/** What is to be decided: a call, its tool's own wishes, and what hooks said. */
export interface PermissionQuestion {
  meta: SessionMeta;
  actor: string;
  by: "model" | "user";
  name: string;
  requiresConfirmation: boolean;
  /** `pure` changes nothing, `idempotent` changes files, `unsafe` may do anything. */
  effect: "pure" | "idempotent" | "unsafe";
  alwaysAsks: boolean;
  /** What `allow_always` would cover. */
  grant: string;
  allowedInPlan: boolean;
  /** The strictest word of the hooks that ran for this call. */
  hook: { verdict: "blocked" | "asked"; reason: string } | null;
}

/** `must_ask` holds in every mode and whatever was allowed before; `ask` yields to an `allow`. Null: nothing to say. */
export type Vote =
  | { decision: "deny"; reason: string }
  | { decision: "must_ask" | "allow" | "ask" }
  | null;

export interface PermissionLayer {
  readonly name: string;
  vote(question: PermissionQuestion): Vote;
}
