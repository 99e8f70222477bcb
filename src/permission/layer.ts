// A permission layer: one reason why a call may run, must be asked for, or is refused. Pure, one file each.
import type { SessionMeta } from "../../machines/session_meta.ts";
import type { SandboxStatus } from "../protocol/work_facts.ts";
import type { CallOrigin } from "../protocol/facts.ts";
import type { RuleSet } from "./contract.ts";
import type { JudgedPath } from "./match_path.ts";
import type { Analysis } from "./shell/command.ts";

/** What a call is about, with all that had to be found out about it. */
export type JudgedSubject =
  | { kind: "command"; command: string; outsideSandbox: boolean; analysis: Analysis }
  | { kind: "path"; path: JudgedPath; access: "read" | "write" }
  | { kind: "url"; url: string }
  | { kind: "name"; name: string };
export type CommandSubject = Extract<JudgedSubject, { kind: "command" }>;

/** What is to be decided: a call, its tool's own wishes, the rules in force, and what hooks said. */
export interface PermissionQuestion {
  meta: SessionMeta;
  actor: string;
  by: CallOrigin;
  name: string;
  requiresConfirmation: boolean;
  /** `pure` changes nothing, `idempotent` changes files, `unsafe` may do anything. */
  effect: "pure" | "idempotent" | "unsafe";
  alwaysAsks: boolean;
  /** What a standing answer would cover, as it is logged. */
  grant: string;
  allowedInPlan: boolean;
  /** The strictest word of the hooks that ran for this call. */
  hook: { verdict: "blocked" | "asked"; reason: string } | null;
  subjects: readonly JudgedSubject[];
  rules: RuleSet;
  /** Whether commands that do not ask to leave it run in the sandbox, and if not, why. */
  sandbox: { status: SandboxStatus; reason?: string };
  /** Absolute, real paths; `roots` are the workspace and the session's further folders. */
  places: { workspace: string; roots: readonly string[]; home: string };
}

/** `must_ask` holds in every mode and whatever was allowed before; `ask` yields to an `allow`. Null: nothing to say. */
export type Vote = { decision: "deny" | "must_ask" | "allow" | "ask"; because: string } | null;

export interface PermissionLayer {
  readonly name: string;
  vote(question: PermissionQuestion): Vote;
}
