// Permission: what a call is about, the rules that speak about it, and how the answer is worded. Types only.

/** What a rule can be about. Paths as the call gives them: relative ones start at the workspace. */
export type Subject =
  | { kind: "command"; command: string; outsideSandbox: boolean }
  | { kind: "path"; path: string; access: "read" | "write" }
  | { kind: "url"; url: string }
  /** A sub-agent's type, a skill. */
  | { kind: "name"; name: string };

export type RuleAction = "allow" | "ask" | "deny";

/** Where a rule comes from. All layers count: a refusal of any of them beats a question of any, that an allowance. */
export type RuleLayer = "managed" | "user" | "folder" | "session";

/** One rule as it was written: `Tool`, or `Tool(specifier)`. */
export interface Rule {
  readonly action: RuleAction;
  readonly text: string;
  readonly layer: RuleLayer;
  /** The file it stands in, or who gave it, for people. */
  readonly source: string;
  /** Rules that a person gave for one folder hold there only: its absolute, real path. */
  readonly workspace?: string;
}

export interface RuleSet {
  readonly rules: readonly Rule[];
  /** What stands in a rule file and cannot be used: said to whoever lists the rules. */
  readonly problems: readonly string[];
  /** Whoever manages this machine wants no bypassPermissions: a session in that mode works as in `default`. */
  readonly bypassDisabled?: boolean;
}

export const noRules: RuleSet = { rules: [], problems: [] };

/** The rules of a daemon: managed, the user's, those that a folder brings, and the standing answers of people. */
export interface PermissionRules {
  /** Those in force for sessions in this folder. Cheap: asked before every call. Never rejects. */
  of(workspace: string): Promise<RuleSet>;
  /** Adds a rule of the user's, for one folder or for all. Durable when it resolves. */
  add(rule: { action: RuleAction; text: string; workspace: string | null }): Promise<void>;
  /** Takes a rule of the user's back; false when there is none. */
  remove(rule: { action: RuleAction; text: string; workspace: string | null }): Promise<boolean>;
}

/** The answer, and which layer and words decide: `jamey permissions explain` and the log show both. */
export interface Permission {
  readonly decision: "allow" | "ask" | "deny";
  /** In words, for people and the model: `the rule "Bash(npm test)" of the user allows it`. */
  readonly because: string;
}
