// What clients are told of permissions: the rules in force, and why a call would run, be asked about or be refused.
import { z } from "zod";
import { jsonObject } from "./json.ts";
import { permissionMode } from "./permission_mode.ts";
import { sandboxStatus } from "./work_facts.ts";

const path = z.string().min(1).max(4096);

export const ruleAction = z.enum(["allow", "ask", "deny"]);
export const ruleLayer = z.enum(["managed", "user", "folder", "session"]);

/** One rule as it was written, and where it stands. */
export const ruleView = z.object({
  action: ruleAction,
  text: z.string(),
  layer: ruleLayer,
  source: z.string(),
  /** The one folder in which it holds; left out: everywhere. */
  workspace: z.string().optional(),
});
export type RuleView = z.infer<typeof ruleView>;

export const sandboxView = z.object({
  status: sandboxStatus,
  kind: z.string().optional(),
  /** Why it does not work, and what to do about it. */
  reason: z.string().optional(),
});
export type SandboxView = z.infer<typeof sandboxView>;

/** The answer to `GET /permissions`: what holds in a folder, and with a session what holds in it. */
export const permissionsView = z.object({
  workspace: z.string(),
  session_id: z.string().optional(),
  /** The session's mode; without one that of new sessions. */
  permission_mode: permissionMode,
  sandbox: sandboxView,
  rules: z.array(ruleView),
  /** Standing answers of the session: what was allowed and refused until it ends. */
  granted: z.array(z.string()),
  refused: z.array(z.string()),
  /** What stands in a rule file and cannot be used. */
  problems: z.array(z.string()),
});
export type PermissionsView = z.infer<typeof permissionsView>;

/** A rule of the user's, to be added or removed; `workspace` null: for all folders. */
export const userRuleBody = z.strictObject({
  action: ruleAction,
  rule: z.string().min(1).max(32_000),
  workspace: path.nullable(),
});
export type UserRule = z.infer<typeof userRuleBody>;

/** The body of `POST /permissions/explain`: `command` for Bash, or any tool with its arguments. Nothing is run. */
export const explainBody = z.strictObject({
  /** Left out: that of the session. One of the two is needed. */
  workspace: path.optional(),
  session_id: z.string().min(1).max(128).optional(),
  permission_mode: permissionMode.optional(),
  command: z.string().min(1).max(30_000).optional(),
  tool: z.string().min(1).max(128).optional(),
  args: jsonObject.optional(),
});
export type ExplainBody = z.infer<typeof explainBody>;

export const decision = z.enum(["allow", "ask", "deny"]);

export const explanation = z.object({
  decision,
  /** In words: the rule, the mode or the guard that decides. */
  because: z.string(),
  tool: z.string(),
  permission_mode: permissionMode,
  /** How a command would run; null for calls that are no command. */
  confinement: z.enum(["sandboxed", "bare"]).nullable(),
  /** Each simple command by itself; empty for calls that are no command. */
  parts: z.array(z.object({ text: z.string(), decision, because: z.string() })),
  /** Rules that speak of this tool, and whether they apply to this call. */
  rules: z.array(ruleView.extend({ applies: z.boolean() })),
  /** What the answer "always" would add; null when there is no such answer. */
  rule: z.string().nullable(),
});
export type Explanation = z.infer<typeof explanation>;
