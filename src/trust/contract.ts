// Trust: what a workspace brings along that could run code or steer the agent is used only after a person has seen this
// exact content. Changed content is unknown content.

export interface OutsideItem {
  /** Absolute, real path of the folder it was found for; "" for what the user's own configuration names. */
  readonly workspace: string;
  readonly kind: "hook" | "mcp_server" | "mcp_tools" | "external_tool" | "permission_rules";
  /** Unique among the items of its kind in the workspace. */
  readonly name: string;
  /** The whole content that is approved: for people to read, and hashed. */
  readonly text: string;
}

/** What an item is called within its workspace. */
export interface ItemName {
  readonly kind: string;
  readonly name: string;
}

export type Standing = "approved" | "unknown" | "changed";

export interface Approval extends ItemName {
  readonly workspace: string;
  /** ISO 8601. */
  readonly approvedAt: string;
}

export interface TrustStore {
  /** Synchronous and in memory: it is asked before every use. An item object must not be changed once it was asked about. */
  standing(item: OutsideItem): Standing;
  /** The text that was approved under this name, to tell what changed; null when there is none, or it was not kept. */
  previous(item: ItemName & { readonly workspace: string }): string | null;
  /** Everything that is approved, of all workspaces, the latest last. */
  approvals(): readonly Approval[];
  /** Durable when it resolves. Replaces an earlier approval of the same name. */
  approve(items: readonly OutsideItem[]): Promise<void>;
  /** Takes approvals of a workspace back: every one, or `only` these. Durable when it resolves, with how many there were. */
  withdraw(workspace: string, only?: readonly ItemName[]): Promise<number>;
}
